using EdgeServe.Engine.Bundles.Signing;

namespace EdgeServe.Engine.Bundles.Transfer;

/// <summary>Copies a whole channel: blobs, bundles, signatures, and the index last, so that nobody finds a name without its content.</summary>
public static class ChannelCopy
{
    /// <param name="content">Read from <paramref name="source"/>.</param>
    /// <param name="source">Has it.</param>
    /// <param name="target">Gets it.</param>
    /// <param name="tag">The channel's name there.</param>
    /// <param name="progress">Told how many of <see cref="ChannelContent.Size"/> bytes are there.</param>
    /// <param name="cancellation">Stops; may be repeated.</param>
    /// <returns>Bytes that were not there before.</returns>
    public static async Task<long> RunAsync(ChannelContent content, IContentSource source, IContentTarget target, string tag, IProgress<long>? progress, CancellationToken cancellation)
    {
        long done = 0, written = 0;
        foreach (var blob in content.AllBlobs)
        {
            long before = done;
            written += await target.BlobAsync(source, blob, new Relay(bytes => progress?.Report(before + bytes)), cancellation);
            done += blob.Size;
        }

        foreach (var manifest in content.AllManifests)
        {
            await target.ManifestAsync(manifest, null, cancellation);
            progress?.Report(done += manifest.Content.Length);
        }

        if (content.Signatures is { } signatures)
        {
            var manifest = ManifestJson.ReadManifest(signatures.Content);
            foreach (var blob in manifest.Layers.Prepend(manifest.Config).DistinctBy(b => b.Digest))
                await target.BlobAsync(source, blob, null, cancellation);
            await target.ManifestAsync(signatures, Signing.Signatures.TagOf(content.Index.Digest), cancellation);
        }

        await target.ManifestAsync(content.Index, tag, cancellation);
        progress?.Report(content.Size);
        return written;
    }

    private sealed class Relay(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
