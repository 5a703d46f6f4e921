using System.Net;
using EdgeServe.Engine.Storage;
using EdgeServe.Security;
using EdgeServe.Security.Limits;
using EdgeServe.Security.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace EdgeServe.Hosting;

/// <summary>Ports, protocols and the transport's limits.</summary>
internal static class KestrelEndpoints
{
    // An image tensor in one go instead of waiting for the window to open again.
    private const int Http2WindowBytes = 1 << 20;
    private const int Http2FrameBytes = 256 << 10;
    // A tablet that left the room says nothing; its open streams end when it no longer answers.
    private static readonly TimeSpan Http2PingDelay = TimeSpan.FromMinutes(1);

    public static void AddKestrelEndpoints(this WebApplicationBuilder builder, EdgeServeOptions options, DataDirectory data)
    {
        builder.Services.AddSingleton<LargeBlockPoolFactory>();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(p => p.GetRequiredService<LargeBlockPoolFactory>());
        builder.Services.AddHostedService<TransportMemory>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.Limits.MaxRequestBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = options.Limits.MaxHeaderBytes;
            kestrel.Limits.MaxRequestHeaderCount = options.Limits.MaxHeaders;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(options.Limits.HeaderSeconds);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(options.Limits.IdleSeconds);
            kestrel.Limits.MaxConcurrentConnections = options.Limits.MaxConnections;
            kestrel.Limits.MinRequestBodyDataRate = kestrel.Limits.MinResponseDataRate = SlowestAllowed(options.Limits);
            kestrel.Limits.Http2.KeepAlivePingDelay = Http2PingDelay;
            kestrel.Limits.Http2.InitialStreamWindowSize = Http2WindowBytes;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 2 * Http2WindowBytes;
            kestrel.Limits.Http2.MaxFrameSize = Http2FrameBytes;
            kestrel.Limits.Http2.MaxStreamsPerConnection = options.Limits.MaxStreamsPerConnection;
            foreach (var address in OptionsErrors.Addresses(options.Server.Urls).Where(a => !ListenAddresses.IsBehindTrustPage(a, options)))
                kestrel.Listen(address, HttpProtocols.Http1, ListenAddresses.Kind(address));
            foreach (var address in OptionsErrors.Addresses(options.Server.GrpcUrls))
                kestrel.Listen(address, HttpProtocols.Http2, ListenAddresses.Kind(address));
            foreach (var address in OptionsErrors.Addresses(options.Server.LanUrls))
                kestrel.Listen(address, HttpProtocols.Http1AndHttp2, Listener.Network, TimeSpan.FromSeconds(options.Limits.HandshakeSeconds));
            foreach (var address in OptionsErrors.Addresses(options.Server.TrustPageUrls))
                kestrel.Listen(ListenAddresses.EndPoint(address), listen => listen.TrustPage(ListenAddresses.IsSharedWithLoopback(address, options)));
            if (data.IsTaken && ControlSocket.Prepare(data.Path) is { } socket)
            {
                kestrel.ListenUnixSocket(socket, listen =>
                {
                    listen.Protocols = HttpProtocols.Http1;
                    listen.Use(Listener.Control.Mark);
                });
            }
        });
    }

    private static void Listen(this KestrelServerOptions kestrel, Uri address, HttpProtocols protocols, Listener kind, TimeSpan? handshake = null) =>
        kestrel.Listen(ListenAddresses.EndPoint(address), listen =>
        {
            listen.Protocols = protocols;
            if (kind == Listener.Network)
                listen.Use(listen.ApplicationServices.GetRequiredService<ConnectionLimits>().Limit);
            listen.Use(kind.Mark);
            if (handshake is not { } patience)
                return;
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = patience,
                OnConnection = _ => ValueTask.FromResult(listen.ApplicationServices.GetRequiredService<ServerCertificates>().Handshake),
            });
        });

    /// <summary>A body may stop for a while on bad Wi-Fi but not for ever; neither may whoever fetches an answer.</summary>
    private static MinDataRate? SlowestAllowed(LimitsOptions limits) =>
        limits.MinBytesPerSecond == 0 ? null : new MinDataRate(limits.MinBytesPerSecond, TimeSpan.FromSeconds(limits.SlowSeconds));

    /// <summary>One page for the network; where loopback shares the port, the whole API for it. The kernel lets no packet of the network pretend to be loopback's.</summary>
    private static void TrustPage(this ListenOptions listen, bool shared)
    {
        listen.Protocols = HttpProtocols.Http1;
        listen.Use(next =>
        {
            var network = listen.ApplicationServices.GetRequiredService<ConnectionLimits>().Limit(Listener.TrustPage.Mark(next));
            var local = Listener.Loopback.Mark(next);
            return connection => shared && IsLoopback(connection.LocalEndPoint) && IsLoopback(connection.RemoteEndPoint) ? local(connection) : network(connection);
        });
    }

    private static bool IsLoopback(EndPoint? end) => end is IPEndPoint { Address: var address }
        && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
