using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;

namespace EdgeServe.Engine.Updates.Enrolment;

/// <summary>
/// Closes content for the owner of the terms' telemetry key: CMS EnvelopedData (RFC 5652), AES-256-CBC, its key to one RSA
/// recipient by OAEP, named by SubjectKeyIdentifier. <c>openssl cms -decrypt -inform DER -inkey KEY</c> opens it.
/// </summary>
internal static class TelemetryEnvelope
{
    private const string Aes256Cbc = "2.16.840.1.101.3.4.1.42";

    public static byte[] Seal(byte[] content, X509Certificate2 recipient)
    {
        var envelope = new EnvelopedCms(new ContentInfo(content), new AlgorithmIdentifier(new Oid(Aes256Cbc)));
        envelope.Encrypt(new CmsRecipient(SubjectIdentifierType.SubjectKeyIdentifier, recipient, RSAEncryptionPadding.OaepSHA256));
        return envelope.Encode();
    }

    /// <summary>A key in the form that a recipient has. One that is a bare key is wrapped: nobody sees the wrapping, only its SubjectKeyIdentifier.</summary>
    /// <param name="pem">Public key or certificate, already checked.</param>
    public static X509Certificate2 Recipient(string pem)
    {
        if (pem.Contains("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal))
            return X509Certificate2.CreateFromPem(pem);
        using var key = PublicKeys.Rsa(pem)!;
        using var wrapper = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = new X500DistinguishedName("CN=telemetry");
        var request = new CertificateRequest(name, new PublicKey(key), HashAlgorithmName.SHA256);
        return request.Create(name, X509SignatureGenerator.CreateForECDsa(wrapper), DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(1), [1]);
    }
}
