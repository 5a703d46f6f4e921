using System.Text;

namespace EdgeServe.Engine.Bundles.Signing;

/// <summary>Signatures as cosign stores them: an image manifest with one layer for each, whose config lists the layers (cosign, SIGNATURE_SPEC).</summary>
public static class SignatureManifest
{
    /// <param name="layers">The signatures that stay and those that are new.</param>
    /// <returns>The manifest and the config it names.</returns>
    public static (byte[] Manifest, byte[] Config) Write(IReadOnlyList<Descriptor> layers)
    {
        string ids = string.Join(',', layers.Select(l => $"\"{l.Digest}\""));
        byte[] config = Encoding.UTF8.GetBytes(
            """{"architecture":"","created":"0001-01-01T00:00:00Z","history":[{"created":"0001-01-01T00:00:00Z"}],"os":"","rootfs":{"type":"layers","diff_ids":[""" + ids + "]},\"config\":{}}");
        var manifest = new Manifest(
            MediaTypes.Manifest, null, new Descriptor(MediaTypes.ImageConfig, Digest.Of(config), config.Length), layers, null, new Dictionary<string, string>());
        return (ManifestJson.Write(manifest), config);
    }

    /// <param name="payload">Of <see cref="SimpleSigning"/>.</param>
    /// <param name="signature">ASN.1 DER.</param>
    public static Descriptor Layer(byte[] payload, byte[] signature) => new(
        MediaTypes.SimpleSigning, Digest.Of(payload), payload.Length, new Dictionary<string, string> { [AnnotationNames.CosignSignature] = Convert.ToBase64String(signature) });
}
