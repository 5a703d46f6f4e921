namespace EdgeServe.Engine.Bundles.Registry;

/// <summary>A repository as a place to copy to.</summary>
public sealed class RegistryTarget(RegistryPush push) : IContentTarget
{
    public string Name => push.Name;

    public async Task<long> BlobAsync(IContentSource source, Descriptor blob, IProgress<long>? progress, CancellationToken cancellation)
    {
        var opened = await source.BlobAsync(blob, 0, cancellation);
        bool first = true;
        // A second try needs the bytes again.
        Stream Open() => new ReportingStream(first && !(first = false) ? opened.Content : source.BlobAsync(blob, 0, cancellation).GetAwaiter().GetResult().Content, progress);
        try
        {
            long sent = await push.BlobAsync(blob, Open, cancellation);
            progress?.Report(blob.Size);
            return sent;
        }
        finally
        {
            await opened.Content.DisposeAsync();
        }
    }

    public async Task ManifestAsync(FetchedManifest manifest, string? tag, CancellationToken cancellation) =>
        await push.ManifestAsync(tag ?? manifest.Digest.ToString(), manifest.MediaType, manifest.Content, cancellation);
}
