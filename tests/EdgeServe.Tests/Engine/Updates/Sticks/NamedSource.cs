using EdgeServe.Engine.Bundles;

namespace EdgeServe.Tests.Engine.Updates.Sticks;

/// <summary>A folder that only has a name: the fake updater reads it by itself.</summary>
internal sealed class NamedSource(string path) : IContentSource
{
    public string Name => path;

    public Task<FetchedManifest?> ResolveAsync(string tag, Digest? known, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<FetchedManifest> ManifestAsync(Descriptor descriptor, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<BlobStream> BlobAsync(Descriptor descriptor, long offset, CancellationToken cancellation) => throw new NotSupportedException();
}
