using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace EdgeServe.TestCollector;

/// <summary>
/// A receiver of OTLP over HTTP on loopback. It decodes whatever it keeps, remembers each batch once, and misbehaves as it
/// is told. Stopped, its port refuses; started again on that port, its ledger can be handed on.
/// </summary>
public sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _requests;

    private OtlpCollector(WebApplication app, Ledger ledger) => (_app, Ledger) = (app, ledger);

    /// <summary>How it answers; may be changed at any time.</summary>
    public CollectorAnswer Answer { get; set; } = Answers.Accept;

    public Ledger Ledger { get; }

    public Uri Endpoint => new(_app.Urls.First());

    /// <summary>Requests that came, whatever became of them.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <param name="ledger">Goes on with this one.</param>
    /// <param name="port">0: any.</param>
    /// <param name="certificate">Speaks TLS with it.</param>
    public static async Task<OtlpCollector> StartAsync(Ledger? ledger = null, int port = 0, X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (certificate is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Listen(System.Net.IPAddress.Loopback, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                if (certificate is not null)
                    listen.UseHttps(certificate);
                else
                    listen.Protocols = HttpProtocols.Http1;
            });
        });
        var collector = new OtlpCollector(builder.Build(), ledger ?? new Ledger());
        collector._app.Run(async context =>
        {
            Interlocked.Increment(ref collector._requests);
            await collector.Answer(context, collector.Ledger);
        });
        await collector._app.StartAsync();
        return collector;
    }

    public async ValueTask DisposeAsync()
    {
        // Nobody waits for requests that hang on purpose.
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
