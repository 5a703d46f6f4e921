using System.CommandLine;
using EdgeServe.Engine.Bundles.Transfer;

namespace EdgeServe.Cli.Channels;

/// <summary><c>edgeserve channel inspect</c>: what a release is and what it costs to fetch. Checks no signature.</summary>
internal static class ChannelInspectVerb
{
    public static Command Create()
    {
        var place = new Argument<string>("SOURCE") { Description = "LAYOUT, a stick, or host[:port]/repository:channel." };
        var name = new Option<string?>("--channel") { Description = "Which; not needed when there is only one.", HelpName = "NAME" };
        var since = new Option<string?>("--since") { Description = "LAYOUT:TAG or reference of an older release: what does a device that has it fetch?", HelpName = "SOURCE" };
        var command = new Command("inspect", "Show a release and what it costs a device to fetch.") { place, name, since };
        var access = new RegistryAccess(command);
        return command.WithAction(async (parsed, cancellation) =>
        {
            using var source = Source.Open(parsed.GetValue(place)!, access.Read(parsed));
            var content = await ChannelContent.ReadAsync(source.Content, source.TagOr(parsed.GetValue(name)), cancellation);
            ChannelPrinter.Print(content);
            await ChannelPrinter.PrintCostsAsync(source.Content, content, cancellation);
            if (parsed.GetValue(since) is { } older)
            {
                using var before = Source.Open(older, access.Read(parsed));
                ChannelPrinter.PrintCost(content, await ChannelContent.ReadAsync(before.Content, before.TagOr(parsed.GetValue(name)), cancellation));
            }

            Console.Out.WriteLine(content.Signatures is null ? "Not signed." : "Signed; `edgeserve channel verify` says by whom.");
            return ExitCodes.Ok;
        });
    }
}
