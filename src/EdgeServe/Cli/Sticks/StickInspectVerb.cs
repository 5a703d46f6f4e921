using System.CommandLine;
using EdgeServe.Cli.Channels;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Bundles.Transfer;

namespace EdgeServe.Cli.Sticks;

/// <summary><c>edgeserve stick inspect</c>: which channels a stick carries.</summary>
internal static class StickInspectVerb
{
    public static Command Create()
    {
        var stick = new Argument<string>("DIR") { Description = "Where the stick is mounted." };
        return new Command("inspect", "Show which channels a stick carries.") { stick }.WithAction(async (parsed, cancellation) =>
        {
            using var source = Source.Open(parsed.GetValue(stick)!, new());
            if (source.Content is not ImageLayout layout)
                return Report.Errors([$"{parsed.GetValue(stick)} is not a folder"], ExitCodes.Usage);
            int good = 0;
            foreach (string tag in layout.Index().Manifests.Where(m => m.MediaType == MediaTypes.Index).Select(m => m.Annotation(AnnotationNames.RefName)).OfType<string>().Distinct())
            {
                var content = await ChannelContent.ReadAsync(layout, tag, cancellation);
                ChannelPrinter.Print(content);
                Console.Out.WriteLine(content.Signatures is null ? "Not signed." : "Signed; `edgeserve channel verify` says by whom.");
                good++;
            }

            return good > 0 ? ExitCodes.Ok : Report.Errors([$"{layout.Name} carries no channel by name; edgeserve channel verify {layout.Name} --channel NAME looks deeper"], ExitCodes.Failed);
        });
    }
}
