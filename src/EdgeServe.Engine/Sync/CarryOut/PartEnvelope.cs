using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;
using EdgeServe.Engine.Updates.Enrolment;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>CMS EnvelopedData (RFC 5652): AES-256-CBC, its key to one RSA recipient by OAEP, named by SubjectKeyIdentifier. <c>openssl cms -decrypt -inform DER -inkey KEY</c> opens it.</summary>
internal static class PartEnvelope
{
    /// <summary>Of a sealed part.</summary>
    public const int MaxBytes = 8 << 20;

    /// <summary>What sealing adds at most: headers and a key of 8,192 bits.</summary>
    public const int Overhead = 4 << 10;

    private const string Aes256Cbc = "2.16.840.1.101.3.4.1.42";

    public static byte[] Seal(byte[] content, X509Certificate2 recipient)
    {
        var envelope = new EnvelopedCms(new ContentInfo(content), new AlgorithmIdentifier(new Oid(Aes256Cbc)));
        envelope.Encrypt(new CmsRecipient(SubjectIdentifierType.SubjectKeyIdentifier, recipient, RSAEncryptionPadding.OaepSHA256));
        return envelope.Encode();
    }

    /// <exception cref="CarryOutException"><see cref="CarryOutError.WrongKey"/>, <see cref="CarryOutError.Malformed"/>.</exception>
    public static byte[] Open(byte[] part, RSA key)
    {
        var envelope = new EnvelopedCms();
        try
        {
            envelope.Decode(part);
            if (envelope.RecipientInfos.Count != 1)
                throw new CarryOutException(CarryOutError.Malformed, $"a part has {envelope.RecipientInfos.Count} recipients instead of one", "It was not made by EdgeServe.");
        }
        catch (CryptographicException e)
        {
            throw new CarryOutException(CarryOutError.Malformed, $"a part is no CMS message: {e.Message}", "It was not made by EdgeServe.", e);
        }

        try
        {
            envelope.Decrypt(envelope.RecipientInfos[0], key);
            return envelope.ContentInfo.Content;
        }
        catch (CryptographicException e)
        {
            throw new CarryOutException(CarryOutError.WrongKey, "a part does not open with this key", "Use the private half of the telemetry key that the device was enrolled with.", e);
        }
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
