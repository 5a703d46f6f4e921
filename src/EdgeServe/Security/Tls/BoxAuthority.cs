using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeServe.Security.Tls;

/// <summary>
/// The box's own certificate authority: P-256, made at first need, never leaving the box. It holds for as long as the box
/// does and from long before it was made, since neither its clock nor a tablet's need be right; what it may vouch for is
/// narrow (<see cref="NameConstraints"/>).
/// </summary>
internal sealed partial class BoxAuthority : IDisposable
{
    /// <summary>Apple's systems refuse a server certificate of more than 825 days, also under an authority that a person installed.</summary>
    public const int ServerDays = 820;

    /// <summary>A tablet's clock may be behind by so much.</summary>
    public const int ServerDaysBefore = 30;

    private const int SerialBytes = 16;
    private const string HostPrefix = "EdgeServe ";
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");
    private static readonly DateTimeOffset From = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Until = new(2079, 12, 31, 0, 0, 0, TimeSpan.Zero);

    private BoxAuthority(X509Certificate2 certificate)
    {
        Certificate = certificate;
        Host = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)[HostPrefix.Length..].Split(' ')[0];
    }

    /// <summary>With its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The name of the box when the authority was made.</summary>
    public string Host { get; }

    /// <summary>SHA-256 of the certificate, in pairs of digits, as tablets show it.</summary>
    public string Fingerprint => string.Join(':', Convert.ToHexString(SHA256.HashData(Certificate.RawData)).Chunk(2).Select(p => new string(p)));

    /// <returns>Null when there is none that can be read.</returns>
    public static BoxAuthority? Read(string directory) => File(directory).Read() is { } certificate ? new BoxAuthority(certificate) : null;

    /// <summary>Reads it, or makes it and keeps it.</summary>
    /// <param name="directory"><c>device/</c> of the data directory.</param>
    /// <param name="host">The box's name now.</param>
    /// <param name="log">Hears of one that is made: every tablet has to trust it.</param>
    public static BoxAuthority Ensure(string directory, string host, ILogger log)
    {
        if (Read(directory) is { } kept)
            return kept;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // Two boxes of one name are told apart in a tablet's list.
        string tag = Convert.ToHexString(RandomNumberGenerator.GetBytes(3));
        var request = new CertificateRequest(new X500DistinguishedName(string.Create(CultureInfo.InvariantCulture, $"CN={HostPrefix}{host} {tag}")), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(NameConstraints.Extension(host));
        using var certificate = request.CreateSelfSigned(From, Until);
        File(directory).Write(certificate, key);
        var authority = Read(directory) ?? throw new IOException("the authority of this box was written and cannot be read back");
        Log.Made(log, authority.Fingerprint);
        return authority;
    }

    /// <summary>A server certificate for names and addresses that the authority may vouch for.</summary>
    /// <param name="names">Of the box.</param>
    /// <param name="now">The best guess at the time there is.</param>
    /// <param name="file">Where it is kept.</param>
    public X509Certificate2 Issue(BoxNames names, DateTimeOffset now, CertificateFile file)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName($"CN={names.Dns[0]}"), key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (string name in names.Dns)
            alternatives.AddDnsName(name);
        foreach (var address in names.Addresses)
            alternatives.AddIpAddress(address);
        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ServerAuthentication], false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, true, false));
        byte[] serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] &= 0x7F;
        var from = now.AddDays(-ServerDaysBefore);
        using var certificate = request.Create(Certificate, from, from.AddDays(ServerDays), serial);
        file.Write(certificate, key);
        return file.Read() ?? throw new IOException("the server certificate was written and cannot be read back");
    }

    /// <summary>Did this authority sign it?</summary>
    public bool Signed(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Certificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        // Whether it is time for another is asked elsewhere, by a clock that knows how far it can be believed.
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        return chain.Build(certificate);
    }

    public void Dispose() => Certificate.Dispose();

    private static CertificateFile File(string directory) => new(Path.Combine(directory, "authority"));

    private static partial class Log
    {
        [LoggerMessage(8011, LogLevel.Warning, "Made an authority for this box, {Fingerprint}: tablets that trusted another must trust this one")]
        public static partial void Made(ILogger logger, string fingerprint);
    }
}
