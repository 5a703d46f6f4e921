using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Security.Tls;

/// <summary>A certificate and its key as PEM in <c>device/</c>, twice, readable by the service's user only.</summary>
internal sealed class CertificateFile(string path)
{
    private readonly DoubledFile _file = new(path, secret: true);

    /// <summary>Is there one, readable or not?</summary>
    public bool Exists => _file.Exists;

    /// <returns>The certificate with its key; null when there is none that can be read.</returns>
    public X509Certificate2? Read()
    {
        if (_file.Read() is not { } content)
            return null;
        string pem = Encoding.ASCII.GetString(content);
        CryptographicOperations.ZeroMemory(content);
        try
        {
            return X509Certificate2.CreateFromPem(pem, pem);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Durable when it returns.</summary>
    public void Write(X509Certificate2 certificate, ECDsa key)
    {
        byte[] content = Encoding.ASCII.GetBytes($"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        _file.WriteBoth(content);
        CryptographicOperations.ZeroMemory(content);
    }
}
