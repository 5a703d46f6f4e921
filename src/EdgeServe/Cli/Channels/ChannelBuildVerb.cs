using System.CommandLine;
using System.Globalization;
using EdgeServe.Cli.Programs;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Channels;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Bundles.Packing;
using EdgeServe.Engine.Bundles.Transfer;
using EdgeServe.Engine.Models;

namespace EdgeServe.Cli.Channels;

/// <summary><c>edgeserve channel build</c>: one release from bundles. The same input with the same --created gives the same digest.</summary>
internal static class ChannelBuildVerb
{
    public static Command Create()
    {
        var bundles = new Argument<string[]>("BUNDLE") { Description = "LAYOUT:TAG of each bundle.", Arity = ArgumentArity.OneOrMore };
        var name = new Option<string>("--channel") { Description = "Its name.", HelpName = "NAME", Required = true };
        var release = new Option<long>("--release") { Description = "Its number, higher than every one before.", HelpName = "N", Required = true };
        var classes = new Option<string[]>("--device-class") { Description = "Kinds of devices it is for.", HelpName = "CLASS", Required = true, AllowMultipleArgumentsPerToken = true };
        var created = new Option<DateTimeOffset?>("--created") { Description = "Signed time; else now.", HelpName = "TIME" };
        var expires = new Option<DateTimeOffset?>("--expires") { Description = "Not to be installed from then on.", HelpName = "TIME" };
        var program = new Option<string?>("--min-program") { Description = "Least version of EdgeServe it needs.", HelpName = "VERSION" };
        var packages = new Option<string[]>("--program") { Description = "The program itself, a .deb for each kind of machine.", HelpName = "FILE", AllowMultipleArgumentsPerToken = true };
        var layout = new Option<string>("--out") { Description = "The layout it is written to; may be the bundles' own.", HelpName = "LAYOUT", Required = true };
        return new Command("build", "Build a release from bundles.") { bundles, name, release, classes, created, expires, program, packages, layout }.WithAction(async (parsed, cancellation) =>
        {
            var models = new List<ChannelModel>();
            var errors = Check(parsed.GetValue(name)!, parsed.GetValue(classes)!, parsed.GetValue(release), parsed.GetValue(program));
            if (errors.Count > 0)
                return Report.Errors(errors, ExitCodes.Usage);
            string target = Path.GetFullPath(parsed.GetValue(layout)!);
            var programs = (parsed.GetValue(packages) ?? []).Select(file => ProgramPackVerb.Pack(file, target)).ToArray();
            var writer = ImageLayoutWriter.Open(target);
            foreach (string bundle in parsed.GetValue(bundles)!)
            {
                using var source = Source.Open(bundle, new());
                if (source.Tag is null)
                    return Report.Errors([$"{bundle}: which bundle? Write LAYOUT:TAG; edgeserve bundle inspect {bundle} lists them"], ExitCodes.Usage);
                models.Add(await TakeAsync(source, writer, cancellation));
            }

            var channel = new ChannelIndex(
                parsed.GetValue(name)!, parsed.GetValue(release), parsed.GetValue(classes)!, parsed.GetValue(created) ?? TimeProvider.System.GetUtcNow(), parsed.GetValue(expires), parsed.GetValue(program), models)
            { Programs = programs };
            byte[] index = ChannelBuilder.Build(channel);
            var digest = writer.Add(index);
            foreach (string tag in (string[])[ReleaseTag(channel.Channel, channel.Release), channel.Channel])
                writer.Tag(tag, MediaTypes.Index, digest, index.Length);
            Console.Out.WriteLine($"{digest}  {target}:{channel.Channel}");
            ChannelPrinter.Print(await ChannelContent.ReadAsync(ImageLayout.Open(target), channel.Channel, cancellation));
            Console.Out.WriteLine($"Next: edgeserve channel sign {target} --channel {channel.Channel} --key KEY");
            return ExitCodes.Ok;
        });
    }

    /// <summary>Releases stay in the layout under this name, so that the next one can say what it costs.</summary>
    internal static string ReleaseTag(string channel, long release) => string.Create(CultureInfo.InvariantCulture, $"{channel}-{release}");

    private static List<string> Check(string channel, string[] classes, long release, string? program)
    {
        var errors = new List<string>();
        if (!ModelName.IsValid(channel))
            errors.Add($"--channel: '{channel}' is not a channel name (lower-case letters and digits joined by '.', '_' or '-')");
        errors.AddRange(classes.Where(c => !ModelName.IsValid(c)).Select(c => $"--device-class: '{c}' is not a class of devices (lower-case letters and digits joined by '.', '_' or '-')"));
        if (release <= 0)
            errors.Add("--release: must be 1 or more");
        if (program is not null && !Version.TryParse(program.Split('-', '+')[0], out _))
            errors.Add($"--min-program: '{program}' is not a version such as 1.2.0");
        return errors;
    }

    private static async Task<ChannelModel> TakeAsync(Source source, ImageLayoutWriter writer, CancellationToken cancellation)
    {
        var fetched = (await source.Content.ResolveAsync(source.Tag!, null, cancellation))!;
        var manifest = ManifestJson.ReadManifest(fetched.Content);
        var content = BundleContent.Read(manifest);
        var blobs = manifest.Layers.Prepend(manifest.Config).DistinctBy(b => b.Digest).ToArray();
        if (Path.GetFullPath(source.Directory ?? "/") != writer.Name)
        {
            await CopyBar.RunAsync($"Copying {content.Model}/{content.Version}", blobs.Sum(b => b.Size), async bar =>
            {
                foreach (var blob in blobs)
                    await writer.BlobAsync(source.Content, blob, bar, cancellation);
                return true;
            });
            await writer.ManifestAsync(fetched, null, cancellation);
        }

        return new ChannelModel(content.Model, content.Version, new Descriptor(MediaTypes.Manifest, fetched.Digest, fetched.Content.Length));
    }
}
