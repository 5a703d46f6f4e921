#pragma warning disable
namespace EdgeServe.Engine.Bundles.Store;
internal sealed class Ingest(IContentSource source, Descriptor descriptor, IProgress<long>? progress)
{
    public async Task<long> RunAsync(IngestPart part, string final, CancellationToken cancellation)
    {
        var blob = await source.BlobAsync(descriptor, 0, cancellation);
        await using var f = File.Create(final + ".t");
        await blob.Content.CopyToAsync(f); f.Close(); File.Move(final + ".t", final, true);
        return descriptor.Size;
    }
}
