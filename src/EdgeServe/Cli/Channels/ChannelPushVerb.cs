using System.CommandLine;
using EdgeServe.Engine.Bundles.Registry;
using EdgeServe.Engine.Bundles.Transfer;

namespace EdgeServe.Cli.Channels;

/// <summary><c>edgeserve channel push</c>: blobs, bundles, signatures, and the channel last. May be repeated after any failure.</summary>
internal static class ChannelPushVerb
{
    public static Command Create()
    {
        var layout = new Argument<string>("LAYOUT") { Description = "The layout that has the channel." };
        var to = new Argument<string>("REGISTRY/REPO:CHANNEL") { Description = "Where to: host[:port]/repository, and the channel's name." };
        var command = new Command("push", "Publish a channel in a registry.") { layout, to };
        var access = new RegistryAccess(command);
        return command.WithAction(async (parsed, cancellation) =>
        {
            var options = access.Read(parsed);
            var reference = RegistryReference.Parse(parsed.GetValue(to)!, options.Insecure);
            using var source = Source.Open(parsed.GetValue(layout)!, new());
            string tag = source.TagOr(reference.Tag);
            var content = await ChannelContent.ReadAsync(source.Content, tag, cancellation);
            if (content.Signatures is null)
                await Console.Error.WriteLineAsync($"edgeserve: warning: {content.Index.Digest} is not signed; no device takes it");
            using var push = new RegistryPush(reference, options, TimeProvider.System);
            long sent = await CopyBar.RunAsync($"Pushing {content.Channel.Channel} {content.Channel.Release}", content.Size,
                bar => ChannelCopy.RunAsync(content, source.Content, new RegistryTarget(push), reference.Tag ?? content.Channel.Channel, bar, cancellation));
            Console.Out.WriteLine($"{content.Index.Digest}  {reference with { Tag = reference.Tag ?? content.Channel.Channel }}  {Terminal.Bytes(sent)} sent, the rest was there");
            return ExitCodes.Ok;
        });
    }
}
