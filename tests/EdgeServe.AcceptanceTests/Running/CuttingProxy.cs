using System.Net;
using System.Net.Sockets;

namespace EdgeServe.AcceptanceTests.Running;

/// <summary>A wire on loopback that counts both ways and can be cut.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly Task _accepting;
    private long _up;
    private long _down;

    public CuttingProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Host => _listener.LocalEndpoint.ToString()!;

    /// <summary>Bytes down a connection after which it is cut; null: never.</summary>
    public long? CutAfter { get; set; }

    public Action? OnCut { get; set; }

    public long Up => Interlocked.Read(ref _up);

    public long Down => Interlocked.Read(ref _down);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(RelayAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                var up = CopyAsync(client.GetStream(), server.GetStream(), n => Interlocked.Add(ref _up, n), null);
                var down = CopyAsync(server.GetStream(), client.GetStream(), n => Interlocked.Add(ref _down, n), CutAfter);
                await Task.WhenAny(up, down);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // Either end is gone: so is the other.
            }
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, Action<int> count, long? cut)
    {
        byte[] buffer = new byte[64 << 10];
        try
        {
            while (await from.ReadAsync(buffer, _stop.Token) is > 0 and var got)
            {
                int pass = (int)Math.Min(got, cut ?? got);
                await to.WriteAsync(buffer.AsMemory(0, pass), _stop.Token);
                count(pass);
                cut -= pass;
                if (cut <= 0)
                {
                    OnCut?.Invoke();
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Gone.
        }
    }
}
