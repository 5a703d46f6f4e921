using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace EdgeServe.AcceptanceTests.Running;

/// <summary>A server that has a network: another loopback address stands for it, and it is the listener that counts.</summary>
public class LanServer : IAsyncLifetime
{
    private readonly ModelFolder _models = ModelFolder.Standard();
    private X509Certificate2? _authority;

    /// <summary>HTTPS.</summary>
    public Uri Lan { get; } = new($"https://127.0.0.2:{EdgeServeProcess.FreePort()}");

    /// <summary>The one page.</summary>
    public Uri Page { get; } = new($"http://127.0.0.2:{EdgeServeProcess.FreePort()}");

    public string Data { get; } = Directory.CreateTempSubdirectory("edgeserve-lan-").FullName;

    /// <summary>The certificate of the box's authority, as PEM.</summary>
    public string AuthorityFile => Path.Combine(Data, "authority.pem");

    internal EdgeServeProcess Process { get; private set; } = null!;

    /// <summary>More settings, as environment variables.</summary>
    protected virtual IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?>();

    /// <summary>A client on the box itself.</summary>
    public HttpClient Local => Process.Client;

    public async ValueTask InitializeAsync()
    {
        await StartAsync();
        using var plain = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        _authority = X509CertificateLoader.LoadCertificate(await plain.GetByteArrayAsync(new Uri(Page, "/edgeserve-ca.crt")));
        await File.WriteAllTextAsync(AuthorityFile, _authority.ExportCertificatePem());
    }

    public async Task RestartAsync()
    {
        await Process.StopAsync();
        await Process.DisposeAsync();
        await StartAsync();
    }

    /// <summary>After it was stopped.</summary>
    public Task StartAgainAsync() => StartAsync();

    /// <summary>Makes a key, through loopback.</summary>
    public async Task<(string Key, string Id)> AddAsync(string name, string scope = "infer", string rest = "")
    {
        using var content = new StringContent($$"""{"name":"{{name}}","scope":"{{scope}}"{{rest}}}""");
        using var response = await Local.PostAsync("/edge/v1/keys", content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var added = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;
        return (added.GetProperty("key").GetString()!, added.GetProperty("kept").GetProperty("id").GetString()!);
    }

    public async Task RevokeAsync(string id)
    {
        using var response = await Local.DeleteAsync("/edge/v1/keys/" + id, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <summary>Trusts this box's authority and no other.</summary>
    public X509ChainPolicy Trust()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.Add(_authority!);
        return policy;
    }

    /// <summary>A client on the network that trusts this box's authority and no other.</summary>
    public HttpClient Client(string? key = null)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = Trust() } }) { BaseAddress = Lan };
        if (key is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _authority?.Dispose();
        _models.Dispose();
        Directory.Delete(Data, recursive: true);
        GC.SuppressFinalize(this);
    }

    private async Task StartAsync() => Process = await EdgeServeProcess.StartAsync(new ServerStart(_models.Path)
    {
        Data = Data,
        Environment = new Dictionary<string, string?>(Settings)
        {
            ["EDGESERVE__Server__LanUrls"] = Lan.ToString(),
            ["EDGESERVE__Server__TrustPageUrls"] = Page.ToString(),
            ["EDGESERVE__Security__AddressRequestsPerSecond"] = "0",
        },
    });
}
