using EdgeServe.Engine.Bundles;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>An OCI image manifest whose config is a statement, with a signature over the config's bytes in an annotation; the statement names the layers.</summary>
internal static class SignedArtifact
{
    private const int LongestSignature = 256;

    public static byte[] Manifest(string type, Descriptor statement, IReadOnlyList<Descriptor> layers, byte[] signature, IEnumerable<KeyValuePair<string, string>> annotations) => ManifestJson.Write(new Manifest(
        MediaTypes.Manifest, type, statement, layers, null,
        new Dictionary<string, string>(annotations) { [CarryOutNames.Signature] = Convert.ToBase64String(signature) }));

    /// <returns>The signature; null: there is none that could be one.</returns>
    public static byte[]? SignatureOf(Manifest manifest)
    {
        byte[] signature = new byte[LongestSignature];
        return manifest.Annotations.TryGetValue(CarryOutNames.Signature, out string? text) && Convert.TryFromBase64String(text, signature, out int length) ? signature[..length] : null;
    }
}
