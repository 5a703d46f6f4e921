using EdgeServe.Engine.Bundles.Channels;
using EdgeServe.Engine.Bundles.Packing;
using EdgeServe.Engine.Bundles.Signing;

namespace EdgeServe.Engine.Bundles.Transfer;

/// <summary>Everything a channel consists of in a source: its index, its bundles, their blobs, its signatures.</summary>
/// <param name="Index">The signed bytes.</param>
/// <param name="Channel">What they say.</param>
/// <param name="Manifests">One for each model, in the channel's order.</param>
/// <param name="Blobs">Distinct: configs and layers.</param>
/// <param name="Signatures">The manifest that holds them; null: not signed.</param>
public sealed record ChannelContent(FetchedManifest Index, ChannelIndex Channel, IReadOnlyList<FetchedManifest> Manifests, IReadOnlyList<Descriptor> Blobs, FetchedManifest? Signatures)
{
    /// <summary>The programs it brings, in the channel's order.</summary>
    public IReadOnlyList<(FetchedManifest Manifest, ProgramContent Content, Descriptor Config)> Programs { get; init; } = [];

    /// <summary>Every manifest, the programs' too.</summary>
    public IEnumerable<FetchedManifest> AllManifests => Manifests.Concat(Programs.Select(p => p.Manifest));

    /// <summary>Every blob, the programs' too.</summary>
    public IEnumerable<Descriptor> AllBlobs => Blobs.Concat(Programs.SelectMany(p => (Descriptor[])[p.Config, p.Content.Package])).DistinctBy(b => b.Digest);

    /// <summary>Bytes of all of it.</summary>
    public long Size => Index.Content.Length + AllManifests.Sum(m => (long)m.Content.Length) + AllBlobs.Sum(b => b.Size);

    /// <summary>Bytes for a device that has nothing and takes no program.</summary>
    public long ModelBytes => Index.Content.Length + Manifests.Sum(m => (long)m.Content.Length) + Blobs.Sum(b => b.Size);

    /// <summary>Reads everything that names something; no blob yet.</summary>
    /// <exception cref="BundleException">Not there, not a channel, or a bundle that no device would take.</exception>
    public static async Task<ChannelContent> ReadAsync(IContentSource source, string tag, CancellationToken cancellation)
    {
        var index = (await source.ResolveAsync(tag, null, cancellation))!;
        var channel = ChannelIndex.Read(index.Content);
        var manifests = new List<FetchedManifest>();
        var blobs = new List<Descriptor>();
        foreach (var model in channel.Models)
        {
            var fetched = await source.ManifestAsync(model.Manifest, cancellation);
            var manifest = ManifestJson.ReadManifest(fetched.Content);
            var content = BundleContent.Read(manifest);
            if (content.Model != model.Name || content.Version != model.Version)
                throw new BundleException(BundleError.ForbiddenContent, $"the channel calls {model.Manifest.Digest} {model.Name}/{model.Version}, its bundle says {content.Model}/{content.Version}", "Build the channel again from the right bundles.");
            manifests.Add(fetched);
            blobs.Add(manifest.Config);
            blobs.AddRange(manifest.Layers);
        }

        var programs = new List<(FetchedManifest, ProgramContent, Descriptor)>();
        foreach (var program in channel.Programs)
        {
            var fetched = await source.ManifestAsync(program.Manifest, cancellation);
            programs.Add((fetched, ProgramContent.Read(program, fetched.Content), ManifestJson.ReadManifest(fetched.Content).Config));
        }

        return new ChannelContent(index, channel, manifests, [.. blobs.DistinctBy(b => b.Digest)], await SignaturesAsync(source, index.Digest, cancellation)) { Programs = programs };
    }

    /// <summary>What a device that has <paramref name="older"/> must fetch of this, its program aside.</summary>
    public long BytesBeyond(ChannelContent older)
    {
        var had = older.Blobs.Select(b => b.Digest).Concat(older.Manifests.Select(m => m.Digest)).ToHashSet();
        return Index.Content.Length + Manifests.Where(m => !had.Contains(m.Digest)).Sum(m => (long)m.Content.Length) + Blobs.Where(b => !had.Contains(b.Digest)).Sum(b => b.Size);
    }

    internal static async Task<FetchedManifest?> SignaturesAsync(IContentSource source, Digest signed, CancellationToken cancellation)
    {
        try
        {
            return await source.ResolveAsync(Signing.Signatures.TagOf(signed), null, cancellation);
        }
        catch (BundleException e) when (e.Error == BundleError.NotFound)
        {
            return null;
        }
    }
}
