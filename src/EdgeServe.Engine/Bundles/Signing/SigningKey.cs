using System.Security.Cryptography;

namespace EdgeServe.Engine.Bundles.Signing;

/// <summary>A private key, ECDSA P-256: head office's. Never on a device.</summary>
public sealed class SigningKey : IDisposable
{
    // What OWASP asks of PBKDF2 with SHA-256.
    private const int PassphraseRounds = 600_000;
    private const string P256 = "1.2.840.10045.3.1.7";
    private readonly ECDsa _key;

    private SigningKey(ECDsa key)
    {
        _key = key;
        Public = TrustedKey.FromPem(key.ExportSubjectPublicKeyInfoPem());
    }

    /// <summary>How private keys are encrypted with a passphrase.</summary>
    public static PbeParameters Encryption { get; } = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, PassphraseRounds);

    /// <summary>The half that devices pin.</summary>
    public TrustedKey Public { get; }

    public static SigningKey Generate() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Does reading it need a passphrase?</summary>
    public static bool IsEncrypted(string pem) => pem.Contains("-----BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal);

    /// <param name="pem">PKCS#8, encrypted PKCS#8 or SEC 1 (<c>openssl ecparam -genkey</c>).</param>
    /// <param name="passphrase">Null: none.</param>
    /// <exception cref="BundleException"><see cref="BundleError.Malformed"/>, <see cref="BundleError.Unauthorized"/>: wrong passphrase.</exception>
    public static SigningKey FromPem(string pem, string? passphrase)
    {
        if (pem.Contains("SIGSTORE PRIVATE KEY", StringComparison.Ordinal) || pem.Contains("COSIGN PRIVATE KEY", StringComparison.Ordinal))
            throw new BundleException(BundleError.Malformed, "this private key is in cosign's own format", "Sign with cosign itself, or use a key made by `edgeserve key generate` or openssl; cosign import-key-pair takes those.");
        var key = ECDsa.Create();
        try
        {
            if (IsEncrypted(pem))
                key.ImportFromEncryptedPem(pem, passphrase ?? "");
            else
                key.ImportFromPem(PrivateBlock(pem));
            if (key.ExportParameters(includePrivateParameters: true).Curve.Oid.Value != P256)
                throw new BundleException(BundleError.Malformed, "this private key is on another curve than P-256", "Make one with `edgeserve key generate`.");
            return new SigningKey(key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            key.Dispose();
            throw IsEncrypted(pem)
                ? new BundleException(BundleError.Unauthorized, "the private key does not open", "Look at the passphrase.", e)
                : new BundleException(BundleError.Malformed, "this is not an ECDSA P-256 private key in PEM", "Make one with `edgeserve key generate`.", e);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <returns>ASN.1 DER over SHA-256, as cosign and openssl have it.</returns>
    public byte[] Sign(byte[] payload) => _key.SignData(payload, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    /// <param name="passphrase">Null: in the clear.</param>
    /// <returns>PKCS#8 in PEM.</returns>
    public string ToPem(string? passphrase) => passphrase is null
        ? _key.ExportPkcs8PrivateKeyPem()
        : _key.ExportEncryptedPkcs8PrivateKeyPem(passphrase, Encryption);

    public void Dispose() => _key.Dispose();

    /// <summary><c>openssl ecparam -genkey</c> writes the curve's parameters in a block of their own before the key.</summary>
    private static string PrivateBlock(string pem)
    {
        int start = pem.IndexOf("-----BEGIN EC PRIVATE KEY-----", StringComparison.Ordinal);
        return start > 0 ? pem[start..] : pem;
    }
}
