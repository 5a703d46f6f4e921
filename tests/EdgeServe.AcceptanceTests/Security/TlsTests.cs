using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Security;

/// <summary>The network's side of the box, as openssl and curl see it.</summary>
public sealed class TlsTests(LanServer server) : IClassFixture<LanServer>
{
    private string Address => server.Lan.Authority;

    [Theory]
    [InlineData("-tls1", false)]
    [InlineData("-tls1_1", false)]
    [InlineData("-tls1_2", true)]
    [InlineData("-tls1_3", true)]
    public async Task Nothing_below_tls_1_2_is_spoken(string version, bool spoken)
    {
        // The weakest rules openssl knows, so that it is the server who says no.
        var (exitCode, output) = await RunAsync("openssl", "s_client", "-connect", Address, version, "-cipher", "DEFAULT@SECLEVEL=0", "-CAfile", server.AuthorityFile, "-verify_return_error", "-verify_ip", "127.0.0.2");
        Assert.True(spoken == (exitCode == 0), output);
        Assert.Contains(spoken ? "Verify return code: 0 (ok)" : "alert protocol version", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("h2")]
    [InlineData("http/1.1")]
    public async Task Alpn_chooses_the_protocol(string protocol) =>
        Assert.Contains("ALPN protocol: " + protocol, (await RunAsync("openssl", "s_client", "-connect", Address, "-alpn", protocol, "-CAfile", server.AuthorityFile)).Output, StringComparison.Ordinal);

    [Fact]
    public async Task Curl_trusts_the_box_with_its_authority_and_not_without()
    {
        var (key, _) = await server.AddAsync("curl");
        string url = new Uri(server.Lan, "/v2/models").ToString();
        foreach (string protocol in new[] { "--http1.1", "--http2" })
            Assert.Contains("breast-cancer", (await RunAsync("curl", "-sS", protocol, "--cacert", server.AuthorityFile, "-H", "Authorization: Bearer " + key, url)).Output, StringComparison.Ordinal);
        Assert.Equal(60, (await RunAsync("curl", "-sS", url)).ExitCode);
        // By its name too: the name in the certificate is one it may be called by.
        string name = Dns.GetHostName() + ".local";
        Assert.Contains("breast-cancer", (await RunAsync(
            "curl", "-sS", "--cacert", server.AuthorityFile, "--resolve", $"{name}:{server.Lan.Port}:127.0.0.2", "-H", "Authorization: Bearer " + key, $"https://{name}:{server.Lan.Port}/v2/models")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_authority_may_vouch_for_nothing_of_the_internet()
    {
        // A certificate for another name, signed by the box's own key: as if somebody had stolen it.
        string folder = Directory.CreateTempSubdirectory("edgeserve-forged-").FullName;
        try
        {
            string stolen = Path.Combine(folder, "stolen.pem");
            using var authority = EdgeServe.Security.Tls.BoxAuthority.Read(Path.Combine(server.Data, "device"))!;
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            foreach (var (name, good) in new[] { ("bank.example", false), ("ward.local", true) })
            {
                var request = new CertificateRequest("CN=forged", key, HashAlgorithmName.SHA256);
                var names = new SubjectAlternativeNameBuilder();
                names.AddDnsName(name);
                request.CertificateExtensions.Add(names.Build());
                using var forged = request.Create(authority.Certificate, TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1), [1, 2, 3]);
                await File.WriteAllTextAsync(stolen, forged.ExportCertificatePem(), TestContext.Current.CancellationToken);
                var (exitCode, output) = await RunAsync("openssl", "verify", "-CAfile", server.AuthorityFile, stolen);
                Assert.True(good == (exitCode == 0), output);
                if (!good)
                    Assert.Contains("permitted subtree violation", output, StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task The_plain_port_has_one_page_and_no_redirects()
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = server.Page };
        var page = await client.GetAnswerAsync("/");
        Assert.Equal((200, "text/html; charset=utf-8"), (page.Status, page.ContentType));
        string fingerprint = (await EdgeServeProcess.RunAsync("tablet", "trust", "--data", server.Data)).Output.Trim();
        Assert.Contains(fingerprint, page.Text.Replace("<wbr>", "", StringComparison.Ordinal), StringComparison.Ordinal);
        var (_, openssl) = await RunAsync("openssl", "x509", "-in", server.AuthorityFile, "-noout", "-fingerprint", "-sha256");
        Assert.Contains(fingerprint, openssl, StringComparison.Ordinal);
        Assert.Contains("Faire confiance à ce boîtier", (await client.GetAnswerAsync("/?lang=fr")).Text, StringComparison.Ordinal);
        Assert.Contains(server.Lan.ToString(), page.Text, StringComparison.Ordinal);
        var (key, _) = await server.AddAsync("plain");
        client.DefaultRequestHeaders.Add("Authorization", "Bearer " + key);
        foreach (string path in new[] { "/v2/models", "/v2/health/live", "/index.html", "/metrics", "/edge/v1/keys", "/edgeserve-ca.crt/" })
            Assert.Equal(403, (await client.GetAnswerAsync(path)).Status);
        Assert.Equal(403, (await client.PostAnswerAsync("/")).Status);
        Assert.Equal(403, (await client.PostAnswerAsync("/v2/models/breast-cancer/infer", Requests.BreastCancer)).Status);
    }

    [Fact]
    public async Task Keys_and_certificates_outlive_a_restart()
    {
        var (key, _) = await server.AddAsync("lasting");
        using var client = server.Client(key);
        Assert.Equal(200, (await client.GetAnswerAsync("/v2/models")).Status);
        await server.RestartAsync();
        using var again = server.Client(key);
        Assert.Equal(200, (await again.GetAnswerAsync("/v2/models")).Status);
    }

    [Fact]
    public async Task A_foreign_host_is_refused_on_the_network_too()
    {
        var (key, _) = await server.AddAsync("host");
        var (_, output) = await RunAsync("curl", "-sS", "--cacert", server.AuthorityFile, "-H", "Authorization: Bearer " + key, "-H", "Host: evil.example", new Uri(server.Lan, "/v2/models").ToString());
        Assert.Contains("ForeignCaller", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_may_not_renegotiate()
    {
        using var process = Start("openssl", "s_client", "-connect", Address, "-tls1_2", "-CAfile", server.AuthorityFile);
        var (output, error) = (new StringBuilder(), new StringBuilder());
        await ReadUntilAsync(process.StandardOutput, output, "Extended master secret");
        // A line of its own, read at once, is what openssl's client takes for the wish.
        await process.StandardInput.WriteAsync("R\n");
        await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        await ReadUntilAsync(process.StandardError, error, "RENEGOTIATING");
        // Refused by an alert, or by the end of the connection: whichever it is, the client gives up.
        await ReadUntilAsync(process.StandardError, error, null);
        await ReadUntilAsync(process.StandardOutput, output, null);
        Assert.DoesNotContain("HTTP/1.1", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("BEGIN CERTIFICATE", (await RunAsync("openssl", "s_client", "-connect", Address, "-tls1_2", "-CAfile", server.AuthorityFile)).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("aNULL:eNULL")]
    [InlineData("RC4:3DES:DES")]
    [InlineData("kRSA")]
    public async Task Weak_ciphers_are_not_spoken(string ciphers)
    {
        var (exitCode, output) = await RunAsync("openssl", "s_client", "-connect", Address, "-tls1_2", "-cipher", ciphers + ":@SECLEVEL=0");
        Assert.True(exitCode != 0, output);
    }

    private static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;

    /// <summary>Reads lines until one has the text; null: to the end.</summary>
    private static async Task ReadUntilAsync(StreamReader reader, StringBuilder seen, string? text)
    {
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken) is { } line)
        {
            seen.AppendLine(line);
            if (text is not null && line.Contains(text, StringComparison.Ordinal))
                return;
        }

        Assert.True(text is null, $"no line has {text}:\n{seen}");
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await error);
    }
}
