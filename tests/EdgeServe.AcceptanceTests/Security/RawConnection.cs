using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace EdgeServe.AcceptanceTests.Security;

/// <summary>Bytes to a server and whatever comes back, without anybody who knows the rules in between.</summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Socket _socket;

    private RawConnection(Socket socket, Stream stream) => (_socket, Stream) = (socket, stream);

    public Stream Stream { get; }

    /// <param name="server">Its address; https: over TLS, whoever signed the certificate.</param>
    /// <param name="from">Address to call from; null: the kernel's choice.</param>
    /// <param name="protocol">For ALPN.</param>
    public static async Task<RawConnection> OpenAsync(Uri server, IPAddress? from = null, string? protocol = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (from is not null)
            socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(IPAddress.Parse(server.Host), server.Port, TestContext.Current.CancellationToken);
        Stream stream = new NetworkStream(socket);
        if (server.Scheme == Uri.UriSchemeHttps)
        {
            var tls = new SslStream(stream, false, (_, _, _, _) => true);
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = server.Host,
                ApplicationProtocols = protocol is null ? null : [new SslApplicationProtocol(protocol)],
            }, TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
            stream = tls;
        }

        return new RawConnection(socket, stream);
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(byte[] bytes)
    {
        await Stream.WriteAsync(bytes, TestContext.Current.CancellationToken);
        await Stream.FlushAsync(TestContext.Current.CancellationToken);
    }

    /// <returns>What comes until the server closes; a reset is an end too.</returns>
    public async Task<string> ReadToEndAsync()
    {
        var text = new StringBuilder();
        byte[] buffer = new byte[64 << 10];
        try
        {
            while (await ReadAsync(buffer) is > 0 and int read)
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
        catch (IOException)
        {
            // Closed with something unread.
        }

        return text.ToString();
    }

    /// <returns>0: closed.</returns>
    public async Task<int> ReadAsync(Memory<byte> buffer) =>
        await Stream.ReadAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);

    /// <summary>Waits until the server has closed, whatever it says before.</summary>
    public async Task<TimeSpan> EndAsync()
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        _ = await ReadToEndAsync();
        return System.Diagnostics.Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Reads one answer, head and body, and leaves the connection as it is.</summary>
    public async Task<(int Status, string Text)> ReadAnswerAsync()
    {
        var text = new StringBuilder();
        byte[] one = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await ReadAsync(one) == 0)
                return (0, text.ToString());
            text.Append((char)one[0]);
        }

        string head = text.ToString();
        int length = int.Parse(head.Split("\r\n").FirstOrDefault(l => l.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase))?[16..] ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        byte[] body = new byte[length];
        await Stream.ReadExactlyAsync(body, TestContext.Current.CancellationToken);
        return (int.Parse(head.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture), head + Encoding.UTF8.GetString(body));
    }

    /// <summary>Ends it without a good-bye.</summary>
    public async ValueTask DisposeAsync()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
        await Stream.DisposeAsync();
    }
}
