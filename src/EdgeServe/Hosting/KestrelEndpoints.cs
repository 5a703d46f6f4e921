using EdgeServe.Engine.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EdgeServe.Hosting;

/// <summary>Ports, protocols and the transport's limits.</summary>
internal static class KestrelEndpoints
{
    // Headers are small; a body may stop for a while on bad Wi-Fi but not for ever.
    private const int MaxHeadersBytes = 32 << 10;
    // An image tensor in one go instead of waiting for the window to open again.
    private const int Http2WindowBytes = 1 << 20;
    private const int Http2FrameBytes = 256 << 10;
    private const int Http2Streams = 256;
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(30);

    public static void AddKestrelEndpoints(this WebApplicationBuilder builder, EdgeServeOptions options, DataDirectory data)
    {
        builder.Services.AddSingleton<LargeBlockPoolFactory>();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(p => p.GetRequiredService<LargeBlockPoolFactory>());
        builder.Services.AddHostedService<TransportMemory>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.Limits.MaxRequestBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeadersBytes;
            kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
            kestrel.Limits.MaxConcurrentConnections = options.Limits.MaxConnections;
            kestrel.Limits.Http2.InitialStreamWindowSize = Http2WindowBytes;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 2 * Http2WindowBytes;
            kestrel.Limits.Http2.MaxFrameSize = Http2FrameBytes;
            kestrel.Limits.Http2.MaxStreamsPerConnection = Http2Streams;
            foreach (var address in OptionsErrors.Addresses(options.Server.Urls))
                kestrel.Listen(ListenAddresses.EndPoint(address), listen => listen.Protocols = HttpProtocols.Http1);
            if (data.IsTaken && ControlSocket.Prepare(data.Path) is { } socket)
                kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http1);
            foreach (var address in OptionsErrors.Addresses(options.Server.GrpcUrls))
                kestrel.Listen(ListenAddresses.EndPoint(address), listen => listen.Protocols = HttpProtocols.Http2);
        });
    }
}
