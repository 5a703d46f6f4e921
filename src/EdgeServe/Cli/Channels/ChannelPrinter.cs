using System.Globalization;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Channels;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Bundles.Transfer;

namespace EdgeServe.Cli.Channels;

/// <summary>A release on the terminal.</summary>
internal static class ChannelPrinter
{
    private const int MostReleases = 5;

    public static void Print(ChannelContent content)
    {
        var channel = content.Channel;
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Channel {channel.Channel}, release {channel.Release}, for {string.Join(", ", channel.DeviceClasses)}; made {ChannelIndex.Text(channel.Created)}{(channel.Expires is { } e ? $", expires {ChannelIndex.Text(e)}" : "")}{(channel.MinProgram is { } p ? $", needs EdgeServe {p}" : "")}"));
        var table = Terminal.Table("Model", "Version", "Size", "Bundle");
        foreach (var (model, manifest) in channel.Models.Zip(content.Manifests))
        {
            table.AddText(model.Name, model.Version.ToString(CultureInfo.InvariantCulture),
                Terminal.Bytes(ManifestJson.ReadManifest(manifest.Content).Layers.Sum(l => l.Size)), model.Manifest.Digest.ToString());
        }

        foreach (var (manifest, program, _) in content.Programs)
            table.AddText($"(program for {program.Architecture})", program.Version, Terminal.Bytes(program.Package.Size), manifest.Digest.ToString());
        Terminal.Output.Write(table);
        Console.Out.WriteLine($"{Terminal.Bytes(content.ModelBytes)} for a device that has nothing yet.");
        foreach (var (_, program, _) in content.Programs)
            Console.Out.WriteLine($"{Terminal.Bytes(program.Package.Size)} more for a device on {program.Architecture} whose program is older than {program.Version}.");
    }

    /// <summary>What it costs a device at each of the older releases that the source still has.</summary>
    public static async Task PrintCostsAsync(IContentSource source, ChannelContent content, CancellationToken cancellation)
    {
        if (source is not ImageLayout layout)
            return;
        string prefix = content.Channel.Channel + "-";
        long[] older = [.. layout.Index().Manifests
            .Select(m => m.Annotation(AnnotationNames.RefName)).OfType<string>()
            .Where(t => t.StartsWith(prefix, StringComparison.Ordinal))
            .Select(t => long.TryParse(t.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long r) ? r : 0)
            .Where(r => r > 0 && r < content.Channel.Release).OrderDescending().Take(MostReleases)];
        foreach (long release in older)
            PrintCost(content, await ChannelContent.ReadAsync(source, ChannelBuildVerb.ReleaseTag(content.Channel.Channel, release), cancellation));
    }

    public static void PrintCost(ChannelContent content, ChannelContent older) =>
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"This update costs {Terminal.Bytes(content.BytesBeyond(older))} for a device at release {older.Channel.Release}."));
}
