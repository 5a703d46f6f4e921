using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeServe.Hosting;

namespace EdgeServe.Security.Tls;

/// <summary>A certificate that the operator brings, with its chain and its key.</summary>
internal static class OperatorCertificate
{
    /// <returns>Why it cannot serve; null when it can.</returns>
    public static string? Problem(SecuritySection settings)
    {
        try
        {
            var (certificate, chain) = Read(settings);
            certificate.Dispose();
            foreach (var other in chain)
                other.Dispose();
            return null;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return $"{settings.CertificateFile} with {settings.CertificateKeyFile} cannot serve: {e.Message} Both are PEM, the certificate before its chain, the key not encrypted";
        }
    }

    /// <returns>The certificate with its key, and what stands behind it in its file.</returns>
    public static (X509Certificate2 Certificate, X509Certificate2Collection Chain) Read(SecuritySection settings)
    {
        var certificate = X509Certificate2.CreateFromPemFile(settings.CertificateFile, settings.CertificateKeyFile);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(settings.CertificateFile);
        chain.RemoveAt(0);
        return (certificate, chain);
    }

    /// <summary>Changes whenever one of the files does.</summary>
    public static string Stamp(SecuritySection settings) => string.Join(' ', new[] { settings.CertificateFile, settings.CertificateKeyFile }
        .Select(f => new FileInfo(f)).Select(f => f.Exists ? $"{f.LastWriteTimeUtc.Ticks}:{f.Length}" : "-"));
}
