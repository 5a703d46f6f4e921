using EdgeServe.Engine.Bundles.Signing;

namespace EdgeServe.Engine.Bundles.Layout;

/// <summary>An OCI image layout in a folder, whoever wrote it, as a source of content (OCI image spec, image-layout). Its index.json is unsigned: a hint where to look.</summary>
public sealed class ImageLayout : IContentSource
{
    public const string IndexFile = "index.json";
    public const string VersionFile = "oci-layout";
    private const int VersionBytes = 4 << 10;
    private readonly LayoutFolder _folder;

    private ImageLayout(LayoutFolder folder) => _folder = folder;

    public string Name => _folder.Path;

    /// <summary>Nothing is read before something is asked for.</summary>
    public static ImageLayout Open(string path) => new(new LayoutFolder(path));

    /// <summary>What index.json lists.</summary>
    /// <exception cref="BundleException"><see cref="BundleError.NotFound"/>: no image layout; and what reading it throws.</exception>
    public ContentIndex Index()
    {
        if (_folder.Read(VersionFile, VersionBytes) is { } marker
            && StrictJson.Read($"{VersionFile} in {Name}", marker, root => StrictJson.Text(root, "imageLayoutVersion")) is var version && version?.StartsWith("1.", StringComparison.Ordinal) != true)
            throw StrictJson.Malformed($"{VersionFile} in {Name}", $"version {version ?? "none"} is not 1.x");
        return ManifestJson.ReadIndex(_folder.Read(IndexFile, ContentLimits.ManifestBytes)
            ?? throw new BundleException(BundleError.NotFound, $"{Name} is no OCI image layout: it has no {IndexFile}", "Write it with `edgeserve stick write` or `skopeo copy --all --preserve-digests … oci:DIR:CHANNEL`."));
    }

    public Task<FetchedManifest?> ResolveAsync(string tag, Digest? known, CancellationToken cancellation)
    {
        var entries = Index().Manifests;
        var found = LayoutEntries.Tagged(entries, tag) ?? (Signatures.SignedBy(tag) is { } signed ? SignaturesOf(entries, signed) : Channel(entries, tag))
            ?? throw new BundleException(BundleError.NotFound, $"{Name} has no {tag}; it has {LayoutEntries.Names(entries)}", "Copy it there with its own name.");
        return Task.FromResult(found.Digest == known ? null : Fetch(found));
    }

    public Task<FetchedManifest> ManifestAsync(Descriptor descriptor, CancellationToken cancellation) => Task.FromResult(Fetch(descriptor));

    public Task<BlobStream> BlobAsync(Descriptor descriptor, long offset, CancellationToken cancellation)
    {
        var handle = _folder.Open(descriptor);
        // The store's buffer is the only one.
        var content = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        content.Position = Math.Min(offset, descriptor.Size);
        return Task.FromResult(new BlobStream(content, content.Position));
    }

    private FetchedManifest Fetch(Descriptor descriptor)
    {
        if (descriptor.Size > ContentLimits.ManifestBytes)
            throw new BundleException(BundleError.TooLarge, $"{descriptor.Digest} in {Name} is said to have {descriptor.Size} bytes, too many for a manifest");
        byte[] content = _folder.Read(descriptor);
        return Digest.Of(content) == descriptor.Digest
            ? new FetchedManifest(ManifestJson.MediaTypeOf(content) ?? descriptor.MediaType, descriptor.Digest, content)
            : throw new BundleException(BundleError.DigestMismatch, $"{descriptor.Digest} in {Name} has other bytes", "It was damaged on the way: copy it again.");
    }

    /// <summary>cosign and others do not write the name: then it is the only index, else the only one whose own annotations name the channel.</summary>
    private Descriptor? Channel(IReadOnlyList<Descriptor> entries, string channel)
    {
        var kinds = LayoutEntries.Distinct(entries.Where(e => e.Annotation(AnnotationNames.CosignKind) == AnnotationNames.CosignKindIndex));
        if (kinds.Length == 1)
            return kinds[0];
        var indexes = LayoutEntries.Distinct(entries.Where(e => e.MediaType is MediaTypes.Index or MediaTypes.DockerManifestList));
        return LayoutEntries.Only([.. indexes.Where(e => Names(e, channel))], channel);
    }

    private bool Names(Descriptor entry, string channel)
    {
        try
        {
            return ManifestJson.ReadIndex(Fetch(entry).Content).Annotations.GetValueOrDefault(AnnotationNames.Channel) == channel;
        }
        catch (BundleException e) when (e.Error is not (BundleError.SourceUnavailable or BundleError.UnsafeFile))
        {
            // Another's index, whatever is wrong with it.
            return false;
        }
    }

    private Descriptor? SignaturesOf(IReadOnlyList<Descriptor> entries, Digest signed) =>
        LayoutEntries.Distinct(entries.Where(e => e.MediaType == MediaTypes.Manifest && e.Annotation(AnnotationNames.RefName) is null)).FirstOrDefault(e => Sign(e, signed));

    private bool Sign(Descriptor entry, Digest signed)
    {
        try
        {
            return Signatures.LayersOf(ManifestJson.ReadManifest(Fetch(entry).Content)).Any(l => l.Size <= ContentLimits.SignaturePayloadBytes && SimpleSigning.Read(_folder.Read(l)) == signed);
        }
        catch (BundleException e) when (e.Error is not (BundleError.SourceUnavailable or BundleError.UnsafeFile))
        {
            return false;
        }
    }
}
