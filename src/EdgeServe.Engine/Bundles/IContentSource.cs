namespace EdgeServe.Engine.Bundles;

/// <summary>Where content comes from: a registry's repository, or an image layout on a stick or a disk. Nothing it says is trusted.</summary>
public interface IContentSource
{
    /// <summary>For people: <c>registry.example/models</c> or a path.</summary>
    string Name { get; }

    /// <summary>Reads the manifest or index that a tag names. Its bytes are hashed here.</summary>
    /// <param name="tag">Channel name, or <c>sha256-&lt;hex&gt;.sig</c>.</param>
    /// <param name="known">What the caller has already: an unchanged answer costs next to nothing.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <returns>Null when it is still <paramref name="known"/>.</returns>
    /// <exception cref="BundleException"><see cref="BundleError.NotFound"/> and others.</exception>
    Task<FetchedManifest?> ResolveAsync(string tag, Digest? known, CancellationToken cancellation);

    /// <summary>Reads a manifest by digest: size and digest are checked.</summary>
    /// <exception cref="BundleException">Not there, or other bytes.</exception>
    Task<FetchedManifest> ManifestAsync(Descriptor descriptor, CancellationToken cancellation);

    /// <summary>
    /// Opens a blob for reading from <paramref name="offset"/>, or from 0 when the source cannot do that:
    /// see <see cref="BlobStream.Offset"/>. The reader counts and hashes; a clean end proves nothing.
    /// </summary>
    /// <exception cref="BundleException">Not there, or unreachable.</exception>
    Task<BlobStream> BlobAsync(Descriptor descriptor, long offset, CancellationToken cancellation);
}

/// <summary>Bytes of a manifest or index as they were stored.</summary>
/// <param name="MediaType">By its own field, else by the source's word.</param>
/// <param name="Digest">Of <paramref name="Content"/>.</param>
/// <param name="Content">At most <see cref="ContentLimits.ManifestBytes"/>.</param>
public sealed record FetchedManifest(string MediaType, Digest Digest, byte[] Content);

/// <summary>A blob on its way.</summary>
/// <param name="Content">The caller disposes it.</param>
/// <param name="Offset">Where in the blob its first byte stands.</param>
public sealed record BlobStream(Stream Content, long Offset);
