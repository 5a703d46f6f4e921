using System.CommandLine;
using EdgeServe.Cli.Channels;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Bundles.Packing;

namespace EdgeServe.Cli.Bundles;

/// <summary><c>edgeserve bundle inspect</c>: what a bundle would install, and whether a device would take it.</summary>
internal static class BundleInspectVerb
{
    public static Command Create()
    {
        var place = new Argument<string>("SOURCE") { Description = "LAYOUT, LAYOUT:TAG or host[:port]/repository:tag." };
        var command = new Command("inspect", "Show what is in a bundle, or which bundles a layout has.") { place };
        var access = new RegistryAccess(command);
        return command.WithAction(async (parsed, cancellation) =>
        {
            using var source = Source.Open(parsed.GetValue(place)!, access.Read(parsed));
            if (source.Tag is null && source.Content is ImageLayout layout)
            {
                List(layout);
                return ExitCodes.Ok;
            }

            var fetched = (await source.Content.ResolveAsync(source.TagOr(null), null, cancellation))!;
            var manifest = ManifestJson.ReadManifest(fetched.Content);
            var content = BundleContent.Read(manifest);
            Console.Out.WriteLine($"{content.Model}/{content.Version}  {fetched.Digest}");
            var table = Terminal.Table("File", "Size", "Kind", "Digest");
            foreach (var file in content.Files)
                table.AddText(file.Path, Terminal.Bytes(file.Layer.Size), file.Layer.MediaType, file.Layer.Digest.ToString());
            foreach (var document in manifest.Layers.Where(l => l.MediaType == MediaTypes.Document))
                table.AddText($"{document.Annotation(AnnotationNames.FilePath)} (not installed)", Terminal.Bytes(document.Size), document.MediaType, document.Digest.ToString());
            Terminal.Output.Write(table);
            return ExitCodes.Ok;
        });
    }

    private static void List(ImageLayout layout)
    {
        var table = Terminal.Table("Tag", "Kind", "Digest");
        foreach (var entry in layout.Index().Manifests)
            table.AddText(entry.Annotation(AnnotationNames.RefName) ?? "", entry.MediaType == MediaTypes.Index ? "channel" : "manifest", entry.Digest.ToString());
        Terminal.Output.Write(table);
    }
}
