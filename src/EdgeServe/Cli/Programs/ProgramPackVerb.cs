using System.CommandLine;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Channels;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Bundles.Packing;

namespace EdgeServe.Cli.Programs;

/// <summary><c>edgeserve program pack</c>: a .deb as OCI content; <c>channel build --program</c> does the same on the way.</summary>
internal static class ProgramPackVerb
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "The .deb that scripts/package made." };
        var layout = new Option<string>("--out") { Description = "The OCI image layout to add it to; made if it is not there.", HelpName = "LAYOUT", Required = true };
        return new Command("pack", "Pack the program's .deb.") { file, layout }.WithAction((parsed, _) =>
        {
            Pack(parsed.GetValue(file)!, Path.GetFullPath(parsed.GetValue(layout)!));
            return Task.FromResult(ExitCodes.Ok);
        });
    }

    /// <returns>What a channel calls it.</returns>
    public static ChannelProgram Pack(string file, string layout)
    {
        var (tag, digest, content) = ProgramPacker.Pack(Path.GetFullPath(file), layout, null);
        Console.Out.WriteLine($"{digest}  {layout}:{tag}  {Terminal.Bytes(content.Package.Size)}");
        long size = new FileInfo(Path.Combine(layout, "blobs", "sha256", digest.Hex)).Length;
        return new ChannelProgram(content.Version, content.Architecture, new Descriptor(MediaTypes.Manifest, digest, size));
    }
}
