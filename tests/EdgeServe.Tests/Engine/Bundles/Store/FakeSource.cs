using EdgeServe.Engine.Bundles;

namespace EdgeServe.Tests.Engine.Bundles.Store;

/// <summary>A source that gives what a test tells it to.</summary>
internal sealed class FakeSource(byte[] served) : IContentSource
{
    public string Name => "fake";

    /// <summary>Bytes after which it ends cleanly, once.</summary>
    public long? EndAfter { get; set; }

    /// <summary>Ignores the offset, as a server without Range does.</summary>
    public bool AlwaysFromTheStart { get; init; }

    public Action? BeforeRead { get; init; }

    public List<long> Offsets { get; } = [];

    public Task<FetchedManifest?> ResolveAsync(string tag, Digest? known, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<FetchedManifest> ManifestAsync(Descriptor descriptor, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<BlobStream> BlobAsync(Descriptor descriptor, long offset, CancellationToken cancellation)
    {
        Offsets.Add(offset);
        if (AlwaysFromTheStart)
            offset = 0;
        long end = Math.Min(served.Length, offset + (EndAfter ?? served.Length));
        EndAfter = null;
        BeforeRead?.Invoke();
        return Task.FromResult(new BlobStream(new MemoryStream(served, (int)Math.Min(offset, served.Length), (int)Math.Max(0, end - offset)), offset));
    }
}
