using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace EdgeServe.Cli.Bench;

/// <summary>What a server on the network asks of whoever loads it.</summary>
/// <param name="Key">Sent with every request; null: none.</param>
/// <param name="Authority">The only root to trust; null: the system's.</param>
internal sealed record LoadAccess(string? Key, X509Certificate2? Authority)
{
    private const int Http2WindowBytes = 4 << 20;

    /// <summary>How an https server is recognised.</summary>
    public SslClientAuthenticationOptions Tls(string? host)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = host };
        if (Authority is null)
            return options;
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.Add(Authority);
        options.CertificateChainPolicy = policy;
        return options;
    }

    /// <summary>A client that sends the key and trusts as told.</summary>
    public HttpClient Client()
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, InitialHttp2StreamWindowSize = Http2WindowBytes, SslOptions = Tls(null) });
        if (Key is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        return client;
    }
}
