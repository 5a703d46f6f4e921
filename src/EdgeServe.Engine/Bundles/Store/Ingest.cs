namespace EdgeServe.Engine.Bundles.Store;

/// <summary>One blob on its way into the store.</summary>
internal sealed class Ingest(IContentSource source, Descriptor descriptor, IProgress<long>? progress)
{
    private readonly byte[] _buffer = new byte[IngestPart.BufferBytes];
    private long _transferred;

    /// <summary>Fetches what is missing of the part, checks all of it, and gives it its name.</summary>
    /// <returns>Bytes the source gave.</returns>
    public async Task<long> RunAsync(IngestPart part, string final, CancellationToken cancellation)
    {
        bool resumed = part.Length > 0;
        await FillAsync(part, cancellation);
        bool good = part.Digest() == descriptor.Digest;
        if (!good && resumed)
        {
            // The bytes kept from before may be the wrong ones: another source's, or torn by a power cut. This source gets a chance of its own.
            part.Restart();
            await FillAsync(part, cancellation);
            good = part.Digest() == descriptor.Digest;
        }

        if (good)
        {
            part.Publish(final);
            return _transferred;
        }

        part.Drop();
        throw new BundleException(BundleError.DigestMismatch, $"{source.Name} gave other bytes than {descriptor.Digest}", "Nothing of it was kept. If it happens again, what is published there is damaged: push it again.");
    }

    private async Task FillAsync(IngestPart part, CancellationToken cancellation)
    {
        progress?.Report(part.Length);
        if (part.Length == descriptor.Size)
            return;
        var blob = await source.BlobAsync(descriptor, part.Length, cancellation);
        await using var content = blob.Content;
        if (blob.Offset == 0 && part.Length > 0)
            part.Restart();
        else if (blob.Offset != part.Length)
            throw new BundleException(BundleError.SourceUnavailable, $"{source.Name} answered with byte {blob.Offset} of {descriptor.Digest} instead of byte {part.Length}");
        while (await ReadAsync(content, cancellation) is > 0 and var count)
        {
            _transferred += count;
            if (count > descriptor.Size - part.Length)
            {
                part.Drop();
                throw new BundleException(BundleError.SizeMismatch, $"{source.Name} gives more than the {descriptor.Size} bytes of {descriptor.Digest}", "Nothing of it was kept.");
            }

            part.Append(_buffer.AsSpan(0, count));
            progress?.Report(part.Length);
        }

        if (part.Length < descriptor.Size)
            throw new BundleException(BundleError.SourceUnavailable, $"{source.Name} ended after {part.Length} of {descriptor.Size} bytes of {descriptor.Digest}", "What came is kept; the next attempt goes on from there.");
    }

    private async ValueTask<int> ReadAsync(Stream content, CancellationToken cancellation)
    {
        try
        {
            // A file answers at once, and asking it asynchronously would only take a thread of the pool.
            return content is FileStream file ? file.Read(_buffer) : await content.ReadAsync(_buffer, cancellation);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new BundleException(BundleError.SourceUnavailable, $"{source.Name} broke off: {e.Message}", "What came is kept; the next attempt goes on from there.", e);
        }
    }
}
