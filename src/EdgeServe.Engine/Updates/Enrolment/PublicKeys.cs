using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeServe.Engine.Updates.Enrolment;

/// <summary>Reads the public keys an enrolment carries, and says in words what is wrong with one.</summary>
internal static class PublicKeys
{
    private const string P256 = "1.2.840.10045.3.1.7";
    private const int LeastRsaBits = 3072;
    private const int MostRsaBits = 8192;

    /// <returns>SHA-256 of the key's SubjectPublicKeyInfo, 64 hexadecimal digits; what <c>openssl pkey -pubin -outform DER | sha256sum</c> prints.</returns>
    public static bool TrySigning(string pem, [NotNullWhen(true)] out string? fingerprint, [NotNullWhen(false)] out string? problem)
    {
        fingerprint = null;
        problem = Shape(pem, "PUBLIC KEY");
        if (problem is not null)
            return false;
        try
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(pem);
            if (key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value != P256)
            {
                problem = "is on another curve; make one with `edgeserve key generate` or `openssl ecparam -name prime256v1 -genkey`";
                return false;
            }

            fingerprint = Fingerprint(key.ExportSubjectPublicKeyInfo());
            return true;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            problem = "is not an ECDSA P-256 public key in PEM";
            return false;
        }
    }

    public static bool TryEncryption(string pem, [NotNullWhen(true)] out string? fingerprint, [NotNullWhen(false)] out string? problem)
    {
        fingerprint = null;
        problem = Shape(pem, "PUBLIC KEY", "CERTIFICATE");
        if (problem is not null)
            return false;
        try
        {
            using var key = Rsa(pem);
            if (key is null || key.KeySize is < LeastRsaBits or > MostRsaBits)
            {
                problem = $"must be RSA with {LeastRsaBits} to {MostRsaBits} bits";
                return false;
            }

            fingerprint = Fingerprint(key.ExportSubjectPublicKeyInfo());
            return true;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            problem = "is not an RSA public key or certificate in PEM";
            return false;
        }
    }

    /// <summary>The key of a PEM that <see cref="TryEncryption"/> takes.</summary>
    public static RSA? Rsa(string pem)
    {
        if (PemEncoding.Find(pem) is var fields && pem.AsSpan()[fields.Label] is "CERTIFICATE")
        {
            using var certificate = X509Certificate2.CreateFromPem(pem);
            return certificate.GetRSAPublicKey();
        }

        var key = RSA.Create();
        key.ImportFromPem(pem);
        return key;
    }

    /// <summary>One block of PEM under one of the labels, nothing before or behind it.</summary>
    private static string? Shape(string pem, params ReadOnlySpan<string> labels)
    {
        if (!PemEncoding.TryFind(pem, out var fields))
            return "is not PEM (-----BEGIN …)";
        string label = pem[fields.Label];
        if (label.Contains("PRIVATE", StringComparison.Ordinal))
            return "is a private key: it must never leave its owner. Give the public half (openssl pkey -pubout)";
        if (!labels.Contains(label))
            return $"is a PEM of '{(label.Length > 40 ? label[..40] + "…" : label)}', not {string.Join(" or ", labels!)}";
        return pem.AsSpan()[..fields.Location.Start.Value].IsWhiteSpace() && pem.AsSpan()[fields.Location.End.Value..].IsWhiteSpace()
            ? null
            : "must be one block of PEM with nothing around it";
    }

    private static string Fingerprint(byte[] info) => Convert.ToHexStringLower(SHA256.HashData(info));
}
