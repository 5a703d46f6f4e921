using System.Security.Cryptography;

namespace EdgeServe.Engine.Bundles.Signing;

/// <summary>A pinned public key, ECDSA P-256.</summary>
/// <param name="Fingerprint">SHA-256 of its SubjectPublicKeyInfo, 64 hexadecimal digits: two files with one key are one key.</param>
/// <param name="Pem">Public half.</param>
public sealed record TrustedKey(string Fingerprint, string Pem)
{
    private const string P256 = "1.2.840.10045.3.1.7";

    /// <exception cref="BundleException"><see cref="BundleError.Malformed"/>: no public key of this kind.</exception>
    public static TrustedKey FromPem(string pem)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(pem);
            if (key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value != P256)
                throw new BundleException(BundleError.Malformed, "a public key is on another curve than P-256", "Make one with `edgeserve key generate`.");
            return new TrustedKey(Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo())), key.ExportSubjectPublicKeyInfoPem());
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            throw new BundleException(BundleError.Malformed, "this is not an ECDSA P-256 public key in PEM", "Make one with `edgeserve key generate`.", e);
        }
    }

    /// <param name="payload">The signed bytes, as they were stored.</param>
    /// <param name="signature">ASN.1 DER.</param>
    public bool Verifies(byte[] payload, byte[] signature)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(Pem);
        return key.VerifyData(payload, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }
}
