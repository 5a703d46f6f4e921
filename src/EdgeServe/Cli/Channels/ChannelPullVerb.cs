using System.CommandLine;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Bundles.Transfer;

namespace EdgeServe.Cli.Channels;

/// <summary><c>edgeserve channel pull</c>: a channel from a registry into a layout on this machine.</summary>
internal static class ChannelPullVerb
{
    public static Command Create()
    {
        var from = new Argument<string>("REGISTRY/REPO:CHANNEL") { Description = "host[:port]/repository:channel." };
        var layout = new Argument<string>("LAYOUT") { Description = "The layout to write it to; made if it is not there." };
        var command = new Command("pull", "Fetch a channel from a registry.") { from, layout };
        var access = new RegistryAccess(command);
        return command.WithAction(async (parsed, cancellation) =>
        {
            using var source = Source.Open(parsed.GetValue(from)!, access.Read(parsed));
            var content = await ChannelContent.ReadAsync(source.Content, source.TagOr(null), cancellation);
            var writer = ImageLayoutWriter.Open(parsed.GetValue(layout)!);
            long written = await CopyBar.RunAsync($"Pulling {content.Channel.Channel} {content.Channel.Release}", content.Size,
                bar => ChannelCopy.RunAsync(content, source.Content, writer, content.Channel.Channel, bar, cancellation));
            writer.Tag(ChannelBuildVerb.ReleaseTag(content.Channel.Channel, content.Channel.Release), content.Index.MediaType, content.Index.Digest, content.Index.Content.Length);
            Console.Out.WriteLine($"{content.Index.Digest}  {writer.Name}:{content.Channel.Channel}  {Terminal.Bytes(written)} fetched{(content.Signatures is null ? "; not signed" : "")}");
            return ExitCodes.Ok;
        });
    }
}
