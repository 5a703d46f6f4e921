namespace EdgeServe.Engine.Bundles;

/// <summary>Where content goes: a registry's repository or an image layout. What is named comes before what names it.</summary>
public interface IContentTarget
{
    /// <summary>For people.</summary>
    string Name { get; }

    /// <summary>Copies a blob unless it is there, and makes sure that it arrived whole.</summary>
    /// <returns>Bytes written; 0 when it was there.</returns>
    /// <exception cref="BundleException">The source or the target fails.</exception>
    Task<long> BlobAsync(IContentSource source, Descriptor blob, IProgress<long>? progress, CancellationToken cancellation);

    /// <summary>Writes a manifest or index; everything it names is there.</summary>
    /// <param name="manifest">Its bytes stay as they are.</param>
    /// <param name="tag">The name it gets; null: found by digest only.</param>
    /// <param name="cancellation">Stops.</param>
    Task ManifestAsync(FetchedManifest manifest, string? tag, CancellationToken cancellation);
}
