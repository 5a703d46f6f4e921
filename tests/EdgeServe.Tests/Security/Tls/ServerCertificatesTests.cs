using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Hosting;
using EdgeServe.Security.Tls;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Security.Tls;

public sealed class ServerCertificatesTests : IDisposable
{
    private static readonly DateTimeOffset Today = new(2027, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly string _directory = Directory.CreateTempSubdirectory("edgeserve-tls-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task The_same_certificate_serves_after_a_restart_and_is_the_owner_s_only()
    {
        var first = await StartedAsync(Today);
        var second = await StartedAsync(Today.AddDays(100));
        Assert.Equal(first.RawData, second.RawData);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(_directory, "device")))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(file).UnixFileMode);
    }

    [Fact]
    public async Task What_tablets_demand_of_a_certificate_holds()
    {
        var certificate = await StartedAsync(Today);
        Assert.InRange((certificate.NotAfter - certificate.NotBefore).TotalDays, 800, 825);
        Assert.InRange((Today - certificate.NotBefore.ToUniversalTime()).TotalDays, 29, 31);
        using var authority = BoxAuthority.Read(Path.Combine(_directory, "device"))!;
        Assert.True(authority.Signed(certificate));
        Assert.Equal(2000, authority.Certificate.NotBefore.ToUniversalTime().Year);
        Assert.True(certificate.MatchesHostname("localhost"));
        Assert.True(certificate.MatchesHostname("127.0.0.1"));
    }

    [Fact]
    public async Task It_is_renewed_when_its_end_is_near_and_the_authority_stays()
    {
        var first = await StartedAsync(Today);
        var second = await StartedAsync(Today.AddDays(600));
        Assert.NotEqual(first.SerialNumber, second.SerialNumber);
        Assert.Equal(first.Issuer, second.Issuer);
    }

    [Fact]
    public async Task A_clock_that_was_wrong_when_it_was_made_is_mended()
    {
        var ahead = await StartedAsync(Today.AddYears(20));
        var right = await StartedAsync(Today);
        Assert.NotEqual(ahead.SerialNumber, right.SerialNumber);
        Assert.True(right.NotBefore.ToUniversalTime() < Today && right.NotAfter.ToUniversalTime() > Today);
        // A flat battery: as if it were the day this program was made, and the certificate does.
        var flat = await StartedAsync(DateTimeOffset.UnixEpoch);
        Assert.InRange(DeviceClock.ProgramMade, flat.NotBefore.ToUniversalTime(), flat.NotAfter.ToUniversalTime());
    }

    [Fact]
    public async Task Another_name_or_address_means_another_certificate_while_it_runs()
    {
        var first = await StartedAsync(Today);
        var second = await StartedAsync(Today, o => o.Server.AllowedHosts = ["ward-3.lan", "bank.example"]);
        Assert.NotEqual(first.SerialNumber, second.SerialNumber);
        Assert.True(second.MatchesHostname("ward-3.lan"));
        // Its authority may not vouch for that one: a certificate that names it would be refused whole.
        Assert.False(second.MatchesHostname("bank.example"));
        var third = await StartedAsync(Today, o => o.Server.LanUrls = "https://10.20.30.40:8443");
        Assert.True(third.MatchesHostname("10.20.30.40"));
    }

    [Fact]
    public async Task Damaged_copies_of_the_certificate_are_made_anew_under_the_same_authority()
    {
        var first = await StartedAsync(Today);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(_directory, "device"), "server.*"))
            File.WriteAllText(file, "damaged");
        var second = await StartedAsync(Today);
        Assert.NotEqual(first.SerialNumber, second.SerialNumber);
        Assert.Equal(first.Issuer, second.Issuer);
    }

    [Fact]
    public async Task An_operator_s_certificate_is_taken_and_swapped_when_its_file_changes()
    {
        var (certificateFile, keyFile) = (Path.Combine(_directory, "own.pem"), Path.Combine(_directory, "own.key"));
        WriteOwn("one.example", certificateFile, keyFile);
        var time = new FakeTimeProvider(Today);
        using var data = new DataDirectory(_directory);
        using var certificates = Make(time, data, o => (o.Security.CertificateFile, o.Security.CertificateKeyFile) = (certificateFile, keyFile));
        await certificates.StartAsync(TestContext.Current.CancellationToken);
        Assert.True(certificates.Names("one.example"));
        Assert.Null(certificates.Authority);
        WriteOwn("two.clinic.example", certificateFile, keyFile);
        while (!certificates.Names("two.clinic.example"))
        {
            time.Advance(TimeSpan.FromMinutes(1));
            await Task.Yield();
        }

        // One that does not fit its key: the one before serves on.
        WriteOwn("three.example", certificateFile, Path.Combine(_directory, "another.key"));
        for (int i = 0; i < 3; i++)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            await Task.Yield();
        }

        Assert.True(certificates.Names("two.clinic.example"));
        Assert.NotNull(OperatorCertificate.Problem(new SecuritySection { CertificateFile = certificateFile, CertificateKeyFile = keyFile }));
        await certificates.StopAsync(TestContext.Current.CancellationToken);
    }

    private static void WriteOwn(string name, string certificateFile, string keyFile)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(Today, Today.AddDays(90));
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
    }

    private async Task<X509Certificate2> StartedAsync(DateTimeOffset now, Action<EdgeServeOptions>? change = null)
    {
        using var data = new DataDirectory(_directory);
        using var certificates = Make(new FakeTimeProvider(now), data, change);
        await certificates.StartAsync(TestContext.Current.CancellationToken);
        var certificate = certificates.Handshake.ServerCertificateContext!.TargetCertificate;
        await certificates.StopAsync(TestContext.Current.CancellationToken);
        return certificate;
    }

    private static ServerCertificates Make(FakeTimeProvider time, DataDirectory data, Action<EdgeServeOptions>? change)
    {
        var options = new EdgeServeOptions();
        options.Server.LanUrls = "https://127.0.0.1:8443";
        change?.Invoke(options);
        return new ServerCertificates(Options.Create(options), data, time, NullLogger<ServerCertificates>.Instance);
    }
}
