using System.Collections.Concurrent;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Bundles.Store;

/// <summary>
/// The device's own content, by digest: an OCI image layout (image spec, image-layout) whose blobs are complete, checked
/// and durable, or not there. Safe to use from many threads; one process owns it.
/// </summary>
public sealed class ContentStore
{
    private const string PartSuffix = ".part";
    private readonly string _blobs;
    private readonly string _directory;
    private readonly string _ingest;
    private readonly long _reserve;
    private readonly Lock _preparing = new();
    private readonly ConcurrentDictionary<Digest, SemaphoreSlim> _arriving = new();

    /// <param name="directory">The layout: <c>oci-layout</c>, <c>index.json</c>, <c>blobs/sha256/</c>. Made at the first write.</param>
    /// <param name="ingest">Where unfinished blobs wait, on the same file system.</param>
    /// <param name="reserveBytes">Free bytes that ingesting leaves to others.</param>
    public ContentStore(string directory, string ingest, long reserveBytes = 0)
    {
        _directory = Path.GetFullPath(directory);
        _blobs = Path.Combine(_directory, "blobs", "sha256");
        _ingest = Path.GetFullPath(ingest);
        _reserve = reserveBytes;
    }

    /// <summary>Is it here, complete? By name and size: its bytes were checked when they came, and are again by <see cref="ScrubAsync"/>.</summary>
    public bool Has(Descriptor descriptor)
    {
        var file = new FileInfo(PathOf(descriptor.Digest));
        return file.Exists && file.Length == descriptor.Size;
    }

    /// <summary>Where a blob lies or would lie. For reading and hard links only.</summary>
    public string PathOf(Digest digest) => Path.Combine(_blobs, digest.Hex);

    /// <summary>How much of it is here, complete or not: what a fetch need not transfer.</summary>
    public long BytesHeld(Descriptor descriptor) => Has(descriptor) ? descriptor.Size
        : new FileInfo(PartOf(descriptor.Digest)) is { Exists: true } part && part.Length <= descriptor.Size ? part.Length : 0;

    /// <summary>Reads a manifest and checks it against its digest. A damaged one is removed, so that the next source heals it.</summary>
    /// <exception cref="BundleException"><see cref="BundleError.NotFound"/>, <see cref="BundleError.TooLarge"/>, <see cref="BundleError.DigestMismatch"/>.</exception>
    public byte[] ReadManifest(Digest digest)
    {
        var file = new FileInfo(PathOf(digest));
        if (!file.Exists)
            throw new BundleException(BundleError.NotFound, $"{digest} is not in the store", "The next update fetches it.");
        if (file.Length > ContentLimits.ManifestBytes)
            throw new BundleException(BundleError.TooLarge, $"{digest} has {file.Length} bytes, too many for a manifest");
        byte[] content = OnDisk(() => File.ReadAllBytes(file.FullName));
        if (Digest.Of(content) == digest)
            return content;
        OnDisk(() => file.Delete());
        throw new BundleException(BundleError.DigestMismatch, $"{digest} in the store is damaged", "It was removed; the next update fetches it again.");
    }

    /// <summary>Stores a manifest; durable when it returns.</summary>
    public Task<Digest> PutAsync(byte[] manifest)
    {
        var digest = Digest.Of(manifest);
        if (!Has(new Descriptor("", digest, manifest.Length)))
        {
            OnDisk(() =>
            {
                Prepare();
                string temporary = PartOf(digest);
                File.WriteAllBytes(temporary, manifest);
                AtomicWrite.Publish(temporary, PathOf(digest));
            });
        }

        return Task.FromResult(digest);
    }

    /// <summary>
    /// Copies a blob into the store unless it is there. What an earlier attempt left is kept and continued, from whichever
    /// source; a blob that ends early is kept for the next attempt. Memory does not depend on its size.
    /// </summary>
    /// <param name="source">Not trusted: every byte is counted and hashed.</param>
    /// <param name="descriptor">What it must be.</param>
    /// <param name="progress">Told how many of its bytes are here.</param>
    /// <param name="cancellation">Stops; what came is kept.</param>
    /// <returns>Bytes the source was asked for now; 0 when all were here.</returns>
    /// <exception cref="BundleException">
    /// <see cref="BundleError.SourceUnavailable"/> (safe to retry), <see cref="BundleError.DigestMismatch"/>,
    /// <see cref="BundleError.SizeMismatch"/>, <see cref="BundleError.DiskFull"/>, <see cref="BundleError.StorageBroken"/>, and what the source throws.
    /// </exception>
    public async Task<long> IngestAsync(IContentSource source, Descriptor descriptor, IProgress<long>? progress, CancellationToken cancellation)
    {
        var turn = _arriving.GetOrAdd(descriptor.Digest, _ => new SemaphoreSlim(1));
        await turn.WaitAsync(cancellation);
        try
        {
            if (Has(descriptor))
                return 0;
            RequireRoom(descriptor);
            using var part = IngestPart.Open(PartOf(descriptor.Digest), descriptor.Size, cancellation);
            return await new Ingest(source, descriptor, progress).RunAsync(part, PathOf(descriptor.Digest), cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Describe(e);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Deletes everything but what the caller names, unfinished blobs included. One that is arriving right now stays.</summary>
    /// <param name="keep">Manifests and blobs of every set that may serve, be rolled back to or is being fetched, and of versions jobs are pinned to.</param>
    public GarbageReport CollectGarbage(IReadOnlySet<Digest> keep)
    {
        int files = 0;
        long bytes = 0;
        foreach (var file in Files(_blobs).Concat(Files(_ingest)))
        {
            string hex = file.Name.EndsWith(PartSuffix, StringComparison.Ordinal) ? file.Name[..^PartSuffix.Length] : file.Name;
            // A file whose name is no digest is none of ours to need.
            if (Digest.TryParse("sha256:" + hex, out var digest) && (keep.Contains(digest) || IsArriving(digest)))
                continue;
            long length = file.Length;
            OnDisk(file.Delete);
            files++;
            bytes += length;
        }

        return new GarbageReport(files, bytes);
    }

    /// <summary>Reads every blob again and removes those that are damaged, so that the next source heals them.</summary>
    /// <param name="time">Paces it: it rests nine times as long as it works, so that serving does not notice.</param>
    /// <param name="cancellation">Stops after the buffer at hand.</param>
    public Task<ScrubReport> ScrubAsync(TimeProvider time, CancellationToken cancellation) =>
        Scrub.RunAsync(Files(_blobs), time, cancellation);

    /// <summary>What an error of the device's own disk means.</summary>
    internal static BundleException Describe(Exception e)
    {
        var described = DiskErrors.Describe(e);
        return described.Error == StorageError.Full
            ? new BundleException(BundleError.DiskFull, "the disk is full", "Make room on the disk; the update goes on by itself.", e)
            : new BundleException(BundleError.StorageBroken, described.Message, described.Hint, e);
    }

    private static FileInfo[] Files(string directory) => Directory.Exists(directory) ? new DirectoryInfo(directory).GetFiles() : [];

    private static void OnDisk(Action action) => OnDisk(() =>
    {
        action();
        return true;
    });

    private static T OnDisk<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Describe(e);
        }
    }

    private string PartOf(Digest digest) => Path.Combine(_ingest, digest.Hex + PartSuffix);

    private bool IsArriving(Digest digest) => _arriving.TryGetValue(digest, out var turn) && turn.CurrentCount == 0;

    private void RequireRoom(Descriptor descriptor)
    {
        long needed = descriptor.Size - BytesHeld(descriptor);
        long free = OnDisk(() =>
        {
            Prepare();
            return new DriveInfo(_ingest).AvailableFreeSpace;
        });
        if (needed > free - _reserve)
            throw new BundleException(BundleError.DiskFull, $"the disk has {Math.Max(0, free - _reserve) >> 20} MiB to give and {needed >> 20} MiB are missing of {descriptor.Digest}", "Make room on the disk; the update goes on by itself.");
    }

    private void Prepare()
    {
        lock (_preparing)
        {
            Directory.CreateDirectory(_ingest);
            if (File.Exists(Path.Combine(_directory, "index.json")))
                return;
            Directory.CreateDirectory(_blobs);
            AtomicWrite.WriteAllText(Path.Combine(_directory, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
            AtomicWrite.WriteAllText(Path.Combine(_directory, "index.json"), """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""");
            DirectoryHandle.Flush(Path.GetDirectoryName(_directory)!);
        }
    }
}
