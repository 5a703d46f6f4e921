using System.Security.Cryptography;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Bundles.Layout;

/// <summary>
/// Writes an OCI image layout (OCI image spec, image-layout): new, or more into one that is there. A blob has its name only
/// when it is whole and on the medium; index.json is replaced last, in one step. Needs nothing FAT32 lacks.
/// </summary>
public sealed class ImageLayoutWriter : IContentTarget
{
    private const int BufferBytes = 1 << 20;
    private readonly string _directory;
    private readonly string _blobs;
    private readonly List<Descriptor> _entries;

    private ImageLayoutWriter(string directory, IEnumerable<Descriptor> entries)
    {
        _directory = directory;
        _blobs = Path.Combine(directory, "blobs", "sha256");
        _entries = [.. entries];
    }

    public string Name => _directory;

    /// <exception cref="BundleException">Something else is there, or the disk refuses.</exception>
    public static ImageLayoutWriter Open(string directory) => OnDisk(directory, () =>
    {
        directory = Path.GetFullPath(directory);
        bool there = File.Exists(Path.Combine(directory, ImageLayout.IndexFile));
        if (!there && Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any(e => Path.GetFileName(e) is not ("blobs" or ImageLayout.VersionFile)))
            throw new BundleException(BundleError.UnsafeFile, $"{directory} has files in it and is no image layout", "Name an empty or a new folder.");
        var writer = new ImageLayoutWriter(directory, there ? ImageLayout.Open(directory).Index().Manifests : []);
        Directory.CreateDirectory(writer._blobs);
        if (!there)
            AtomicWrite.WriteAllText(Path.Combine(directory, ImageLayout.VersionFile), """{"imageLayoutVersion":"1.0.0"}""");
        return writer;
    });

    /// <summary>Stores a small blob.</summary>
    public Digest Add(byte[] content) => OnDisk(_directory, () =>
    {
        var digest = Digest.Of(content);
        if (!IsWhole(new Descriptor("", digest, content.Length)))
        {
            string temporary = Temporary();
            File.WriteAllBytes(temporary, content);
            AtomicWrite.Publish(temporary, PathOf(digest));
        }

        return digest;
    });

    /// <summary>Stores a file.</summary>
    /// <returns>What it is, without annotations.</returns>
    public Descriptor Add(string mediaType, string file, IProgress<long>? progress) => OnDisk(_directory, () =>
    {
        using var content = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        string temporary = Temporary();
        var (digest, size) = Copy(content, temporary, progress);
        Publish(temporary, digest);
        return new Descriptor(mediaType, digest, size);
    });

    /// <summary>Gives content a name, in place of whatever had it.</summary>
    public void Tag(string tag, string mediaType, Digest digest, long size) => OnDisk(_directory, () =>
    {
        _entries.RemoveAll(e => e.Annotation(AnnotationNames.RefName) == tag);
        _entries.Add(new Descriptor(mediaType, digest, size, new Dictionary<string, string> { [AnnotationNames.RefName] = tag }));
        string temporary = Path.Combine(_directory, ImageLayout.IndexFile + ".tmp");
        File.WriteAllBytes(temporary, ManifestJson.Write(new ContentIndex(MediaTypes.Index, null, _entries, new Dictionary<string, string>())));
        AtomicWrite.Publish(temporary, Path.Combine(_directory, ImageLayout.IndexFile));
        return true;
    });

    public async Task<long> BlobAsync(IContentSource source, Descriptor blob, IProgress<long>? progress, CancellationToken cancellation)
    {
        if (OnDisk(_directory, () => IsWhole(blob)))
        {
            progress?.Report(blob.Size);
            return 0;
        }

        var opened = await source.BlobAsync(blob, 0, cancellation);
        await using var content = opened.Content;
        return await Task.Run(() => OnDisk(_directory, () =>
        {
            string temporary = Temporary();
            try
            {
                var (digest, size) = Copy(content, temporary, progress, blob.Size, cancellation);
                if (digest != blob.Digest)
                    throw new BundleException(size == blob.Size ? BundleError.DigestMismatch : BundleError.SizeMismatch, $"{source.Name} gave other bytes than {blob.Digest}", "What is there is damaged: write or push it again.");
                Publish(temporary, digest);
                return size;
            }
            finally
            {
                File.Delete(temporary);
            }
        }), cancellation);
    }

    public Task ManifestAsync(FetchedManifest manifest, string? tag, CancellationToken cancellation)
    {
        Add(manifest.Content);
        if (tag is not null)
            Tag(tag, manifest.MediaType, manifest.Digest, manifest.Content.Length);
        return Task.CompletedTask;
    }

    /// <summary>Reads a blob back from the medium, not from memory, and compares.</summary>
    /// <exception cref="BundleException"><see cref="BundleError.DigestMismatch"/>.</exception>
    public void Verify(Digest digest, IProgress<long>? progress) => OnDisk(_directory, () =>
    {
        using var handle = File.OpenHandle(PathOf(digest));
        FileCache.Forget(handle);
        using var content = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        if (Hash(content, null, progress, long.MaxValue, default).Digest != digest)
            throw new BundleException(BundleError.DigestMismatch, $"{digest} reads back from {_directory} with other bytes", "The medium is failing: use another one.");
        return true;
    });

    private string PathOf(Digest digest) => Path.Combine(_blobs, digest.Hex);

    private string Temporary() => Path.Combine(_blobs, $"{Guid.NewGuid():N}.tmp");

    /// <summary>By size and content: what lies there may be what an earlier attempt left.</summary>
    private bool IsWhole(Descriptor blob)
    {
        var file = new FileInfo(PathOf(blob.Digest));
        if (!file.Exists || file.Length != blob.Size)
            return false;
        using var content = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        return Hash(content, null, null, long.MaxValue, default).Digest == blob.Digest;
    }

    private void Publish(string temporary, Digest digest) => AtomicWrite.Publish(temporary, PathOf(digest));

    private static (Digest Digest, long Size) Copy(Stream content, string to, IProgress<long>? progress, long most = long.MaxValue, CancellationToken cancellation = default)
    {
        using var file = new FileStream(to, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        return Hash(content, file, progress, most, cancellation);
    }

    private static (Digest Digest, long Size) Hash(Stream content, Stream? copy, IProgress<long>? progress, long most, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[BufferBytes];
        long size = 0;
        while (content.ReadAsync(buffer, cancellation).AsTask().GetAwaiter().GetResult() is > 0 and var count)
        {
            size += count;
            if (size > most)
                break;
            hash.AppendData(buffer, 0, count);
            copy?.Write(buffer, 0, count);
            progress?.Report(size);
        }

        return (Digest.FromHash(hash.GetHashAndReset()), size);
    }

    private static T OnDisk<T>(string directory, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var described = DiskErrors.Describe(e);
            throw new BundleException(described.Error == StorageError.Full ? BundleError.DiskFull : BundleError.StorageBroken, $"{directory}: {e.Message}", described.Hint, e);
        }
    }
}
