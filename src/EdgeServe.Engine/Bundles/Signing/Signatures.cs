namespace EdgeServe.Engine.Bundles.Signing;

/// <summary>Finds the signatures that a source has for a digest, where cosign puts them: a manifest tagged <c>sha256-&lt;hex&gt;.sig</c>, one layer for each.</summary>
public static class Signatures
{
    private const string Prefix = "sha256-", Suffix = ".sig";

    public static string TagOf(Digest signed) => Prefix + signed.Hex + Suffix;

    /// <returns>The digest whose signatures a tag names; null when it names something else.</returns>
    public static Digest? SignedBy(string tag) =>
        tag.StartsWith(Prefix, StringComparison.Ordinal) && tag.EndsWith(Suffix, StringComparison.Ordinal) && Digest.TryParse("sha256:" + tag[Prefix.Length..^Suffix.Length], out var digest) ? digest : null;

    /// <returns>None when there is no such tag. A layer that is no signature, or is missing, is left out: whoever counts decides.</returns>
    /// <exception cref="BundleException">The source cannot be read, or has more than is read.</exception>
    public static async Task<IReadOnlyList<Signature>> FetchAsync(IContentSource source, Digest signed, CancellationToken cancellation)
    {
        var list = new List<Signature>();
        foreach (var layer in await LayersAsync(source, signed, cancellation))
        {
            if (layer.Annotation(AnnotationNames.CosignSignature) is { } text && Value(text) is { } value && await PayloadAsync(source, layer, cancellation) is { } payload)
                list.Add(new Signature(payload, value));
        }

        return list;
    }

    /// <summary>The layers that are signatures.</summary>
    internal static IReadOnlyList<Descriptor> LayersOf(Manifest manifest)
    {
        var layers = manifest.Layers.Where(l => l.MediaType == MediaTypes.SimpleSigning).ToArray();
        return layers.Length <= ContentLimits.Signatures ? layers
            : throw new BundleException(BundleError.TooLarge, $"there are {layers.Length} signatures, at most {ContentLimits.Signatures} are read", "Sign anew, with each key once.");
    }

    /// <returns>Null when the source does not have it, or other bytes.</returns>
    internal static async Task<byte[]?> PayloadAsync(IContentSource source, Descriptor layer, CancellationToken cancellation)
    {
        if (layer.Size > ContentLimits.SignaturePayloadBytes)
            throw new BundleException(BundleError.TooLarge, $"signature {layer.Digest} has {layer.Size} bytes, at most {ContentLimits.SignaturePayloadBytes} are read", "Sign anew.");
        byte[] payload = new byte[layer.Size];
        try
        {
            var blob = await source.BlobAsync(layer, 0, cancellation);
            await using var content = blob.Content;
            if (await content.ReadAtLeastAsync(payload, payload.Length, throwOnEndOfStream: false, cancellation) < payload.Length)
                return null;
        }
        catch (BundleException e) when (e.Error is BundleError.NotFound or BundleError.SizeMismatch)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new BundleException(BundleError.SourceUnavailable, $"{source.Name} broke off: {e.Message}", "Try again.", e);
        }

        return Digest.Of(payload) == layer.Digest ? payload : null;
    }

    private static async Task<IReadOnlyList<Descriptor>> LayersAsync(IContentSource source, Digest signed, CancellationToken cancellation)
    {
        try
        {
            return await source.ResolveAsync(TagOf(signed), null, cancellation) is { } fetched ? LayersOf(ManifestJson.ReadManifest(fetched.Content)) : [];
        }
        catch (BundleException e) when (e.Error == BundleError.NotFound)
        {
            return [];
        }
    }

    private static byte[]? Value(string base64)
    {
        byte[] value = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, value, out int length) && length > 0 ? value[..length] : null;
    }
}
