using System.Net;
using System.Net.Sockets;
using EdgeServe.Hosting;

namespace EdgeServe.Cli.Doctor;

/// <summary>Are the ports free, or in whose hands?</summary>
internal static class PortChecks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static async Task<IEnumerable<Finding>> PortsAsync(EdgeServeOptions options, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        if (ListenAddresses.Refusal(options) is { } refusal)
            findings.Add(Finding.Failed("Addresses", refusal, "`serve` would exit with 3."));
        foreach (var address in ListenAddresses.All(options))
            findings.Add(await PortAsync(address, cancellation));
        return findings;
    }

    private static async Task<Finding> PortAsync(Uri address, CancellationToken cancellation)
    {
        string check = $"Port {address.Port}";
        var endPoint = ListenAddresses.EndPoint(address);
        try
        {
            using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(endPoint);
            return Finding.Ok(check, $"{endPoint} is free");
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return await IsEdgeServeAsync(address.Scheme, endPoint, cancellation)
                ? Finding.Ok(check, $"{endPoint} is served by a running server")
                : Finding.Warning(check, $"{endPoint} is taken by a program that does not answer /v2/health/live", "Stop it (`ss -ltnp` names it) or choose another port with --urls or --grpc-urls.");
        }
        catch (SocketException e)
        {
            return Finding.Failed(check, $"{endPoint}: {e.Message}", "The address must belong to this device; a port below 1024 needs a privilege.");
        }
    }

    /// <summary>Asks in HTTP/1.1, then in HTTP/2 as gRPC ports want it. Whose certificate it is matters to tablets, not here.</summary>
    private static async Task<bool> IsEdgeServeAsync(string scheme, IPEndPoint endPoint, CancellationToken cancellation)
    {
        using var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        using var client = new HttpClient(handler) { Timeout = Patience };
        var host = endPoint.Address.Equals(IPAddress.Any) ? new IPEndPoint(IPAddress.Loopback, endPoint.Port) : endPoint;
        foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"{scheme}://{host}/v2/health/live") { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
                using var response = await client.SendAsync(request, cancellation);
                if (response.IsSuccessStatusCode)
                    return true;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
            {
                // Not in this protocol.
            }
        }

        return false;
    }
}
