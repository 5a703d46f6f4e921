using System.CommandLine;
using System.Globalization;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Bundles.Signing;
using EdgeServe.Engine.Bundles.Transfer;

namespace EdgeServe.Cli.Channels;

/// <summary><c>edgeserve channel verify</c>: what a device would say, before it is sent to one. Exit 3 when it would refuse.</summary>
internal static class ChannelVerifyVerb
{
    public static Command Create()
    {
        var place = new Argument<string>("SOURCE") { Description = "LAYOUT, a stick, or host[:port]/repository:channel." };
        var name = new Option<string?>("--channel") { Description = "Which; not needed when there is only one.", HelpName = "NAME" };
        var keys = new Option<string[]>("--key") { Description = "Trusted public keys, PEM files.", HelpName = "PUB", Required = true, AllowMultipleArgumentsPerToken = true };
        var threshold = new Option<int>("--threshold") { Description = "How many of them must have signed.", HelpName = "K", DefaultValueFactory = _ => 1 };
        var command = new Command("verify", "Check signatures, bundles and every byte of a layout.") { place, name, keys, threshold };
        var access = new RegistryAccess(command);
        return command.WithAction(async (parsed, cancellation) =>
        {
            int least = parsed.GetValue(threshold);
            var trusted = parsed.GetValue(keys)!.Select(k => TrustedKey.FromPem(File.ReadAllText(k))).DistinctBy(k => k.Fingerprint).ToArray();
            if (least < 1 || least > trusted.Length)
                return Report.Errors([$"--threshold: {least} of {trusted.Length} distinct keys can never sign"], ExitCodes.Usage);
            using var source = Source.Open(parsed.GetValue(place)!, access.Read(parsed));
            string tag = source.TagOr(parsed.GetValue(name));
            // As on a device: who signed comes before what it says.
            var index = (await source.Content.ResolveAsync(tag, null, cancellation))!;
            if (index.MediaType is MediaTypes.Manifest or MediaTypes.DockerManifest)
                throw new BundleException(BundleError.WrittenWithoutAll, $"{source.Content.Name} has a single model where channel {tag} should be: it was written without --all", "Copy it again: skopeo copy --all --preserve-digests");
            var signatures = await Signatures.FetchAsync(source.Content, index.Digest, cancellation);
            SignatureCheck.Require(index.Digest, signatures, trusted, least);
            var content = await ChannelContent.ReadAsync(source.Content, tag, cancellation);
            if (content.Channel.Channel != tag && content.Channel.Channel != parsed.GetValue(name) && !tag.StartsWith(content.Channel.Channel + "-", StringComparison.Ordinal))
                throw new BundleException(BundleError.WrongChannel, $"what is called {tag} is channel {content.Channel.Channel}", "A device that follows one does not take the other.");
            if (source.Directory is { } directory)
                await ReadBackAsync(directory, content);
            ChannelPrinter.Print(content);
            var good = SignatureCheck.GoodKeys(index.Digest, signatures, trusted);
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Good: {index.Digest} is signed by {good.Count} of {trusted.Length} trusted keys, {least} must.{(source.Directory is null ? " Blobs are checked by those who fetch them." : " Every byte is as it should be.")}"));
            foreach (var key in good)
                Console.Out.WriteLine($"  {key.Fingerprint}");
            return ExitCodes.Ok;
        });
    }

    /// <summary>Reads every blob from the medium.</summary>
    public static Task ReadBackAsync(string directory, ChannelContent content) => CopyBar.RunAsync("Reading back", content.AllBlobs.Sum(b => b.Size), bar => Task.Run(() =>
    {
        var writer = ImageLayoutWriter.Open(directory);
        var layout = ImageLayout.Open(directory);
        long before = 0;
        foreach (var blob in content.AllBlobs)
        {
            // Sizes first, and no links: as a device opens it.
            layout.BlobAsync(blob, 0, default).GetAwaiter().GetResult().Content.Dispose();
            long done = before;
            writer.Verify(blob.Digest, new Relay(bytes => bar.Report(done + bytes)));
            before += blob.Size;
        }

        return true;
    }));

    private sealed class Relay(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
