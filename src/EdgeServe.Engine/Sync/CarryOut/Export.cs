using System.Security.Cryptography;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Signing;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>An export as head office sees it: read from a stick, a layout or a registry, believed as far as its signature goes.</summary>
internal sealed class Export
{
    private readonly IContentSource _source;

    private Export(IContentSource source, Digest digest, ExportStatement statement, TrustedKey key) =>
        (_source, Digest, Statement, Key) = (source, digest, statement, key);

    /// <summary>Of its manifest.</summary>
    public Digest Digest { get; }

    public ExportStatement Statement { get; }

    /// <summary>The device's, by the device's own word.</summary>
    public TrustedKey Key { get; }

    public long Bytes => Statement.Parts.Sum(p => p.Blob.Size);

    /// <summary>Reads and verifies the statement: it is signed by the key it carries, and the manifest lists its parts and no others.</summary>
    /// <exception cref="CarryOutException">It is refused.</exception>
    public static async Task<Export> ReadAsync(IContentSource source, FetchedManifest fetched, CancellationToken cancellation)
    {
        var manifest = Manifest(source, fetched);
        if (manifest.Config.MediaType != CarryOutNames.Export || manifest.Config.Size > ExportStatement.MaxBytes)
            throw new CarryOutException(CarryOutError.NotFound, $"{fetched.Digest} in {source.Name} is no carried-out telemetry", "Name what a box wrote: its tag begins with outbox-.");
        byte[] signed = await BlobAsync(source, manifest.Config, "the statement", cancellation);
        var statement = ExportStatement.Read(signed);
        TrustedKey key;
        try
        {
            key = TrustedKey.FromPem(PemEncoding.WriteString("PUBLIC KEY", statement.Key));
        }
        catch (BundleException e)
        {
            throw new CarryOutException(CarryOutError.SignatureWrong, $"the key in the export of {statement.Device} is none", "It was not made by EdgeServe.", e);
        }

        if (SignedArtifact.SignatureOf(manifest) is not { } signature || !key.Verifies(signed, signature))
            throw new CarryOutException(CarryOutError.SignatureWrong, $"the export of {statement.Device} is not signed by the key it carries", "It was changed on the way. Ask for the stick again.");
        if (!manifest.Layers.Select(l => (l.Digest, l.Size)).SequenceEqual(statement.Parts.Select(p => (p.Blob.Digest, p.Blob.Size))))
            throw new CarryOutException(CarryOutError.Tampered, $"the export of {statement.Device} lists other parts than were signed", "It was changed on the way. Ask for the stick again.");
        return new Export(source, fetched.Digest, statement, key);
    }

    /// <summary>Reads an encrypted part; its size and digest are those that were signed.</summary>
    /// <exception cref="CarryOutException"><see cref="CarryOutError.Truncated"/>, <see cref="CarryOutError.Tampered"/>.</exception>
    public Task<byte[]> SealedAsync(ExportPart part, CancellationToken cancellation) => BlobAsync(_source, part.Blob, "a part", cancellation);

    /// <summary>Reads a part and opens it.</summary>
    /// <exception cref="CarryOutException">It is refused.</exception>
    public async Task<List<CarriedBatch>> OpenAsync(ExportPart part, RSA key, CancellationToken cancellation)
    {
        string fingerprint = Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
        if (Statement.Recipient != fingerprint)
        {
            throw new CarryOutException(
                CarryOutError.WrongKey, $"the export of {Statement.Device} is encrypted to the key {Statement.Recipient}, this one is {fingerprint}",
                "Use the private half of the telemetry key that the device was enrolled with.");
        }

        var batches = PartArchive.Read(PartEnvelope.Open(await SealedAsync(part, cancellation), key));
        return batches.Count == part.Batches ? batches
            : throw new CarryOutException(CarryOutError.Malformed, $"a part of {Statement.Device} holds {batches.Count} batches instead of {part.Batches}", "Tell whoever maintains EdgeServe.");
    }

    private static Manifest Manifest(IContentSource source, FetchedManifest fetched)
    {
        try
        {
            return ManifestJson.ReadManifest(fetched.Content);
        }
        catch (BundleException e)
        {
            throw new CarryOutException(CarryOutError.Malformed, $"{source.Name}: {e.Message}", e.Hint, e);
        }
    }

    private static async Task<byte[]> BlobAsync(IContentSource source, Descriptor blob, string what, CancellationToken cancellation)
    {
        byte[] content = new byte[blob.Size];
        int length;
        bool more;
        try
        {
            var opened = await source.BlobAsync(blob, 0, cancellation);
            await using var stream = opened.Content;
            length = await stream.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, cancellation);
            more = await stream.ReadAsync(new byte[1], cancellation) > 0;
        }
        catch (BundleException e) when (e.Error is BundleError.NotFound or BundleError.SizeMismatch)
        {
            throw new CarryOutException(CarryOutError.Truncated, $"{source.Name}: {what} is missing or cut off: {e.Message}", "Copy it again, or ask for the stick again.", e);
        }

        if (length < content.Length || more)
            throw new CarryOutException(CarryOutError.Truncated, $"{source.Name}: {what} {blob.Digest} has another length than was signed", "Copy it again, or ask for the stick again.");
        return Digest.Of(content) == blob.Digest ? content
            : throw new CarryOutException(CarryOutError.Tampered, $"{source.Name}: {what} {blob.Digest} has other bytes than were signed", "Copy it again, or ask for the stick again.");
    }
}
