using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace EdgeServe.Cli.Bench;

/// <summary>HTTP/1.1 over a blocking socket, with TLS where the address says so: the request is made once, the answer is read and thrown away.</summary>
internal sealed class HttpLoadConnection : ILoadConnection
{
    private const int BufferBytes = 256 << 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Stream _stream;
    private readonly byte[] _request;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _filled;

    public HttpLoadConnection(Uri server, LoadAccess access, byte[] request)
    {
        _request = request;
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = (int)Patience.TotalMilliseconds, SendTimeout = (int)Patience.TotalMilliseconds };
        socket.Connect(server.DnsSafeHost == "localhost" ? "127.0.0.1" : server.DnsSafeHost, server.Port);
        _stream = new NetworkStream(socket, ownsSocket: true);
        if (server.Scheme != Uri.UriSchemeHttps)
            return;
        var tls = new SslStream(_stream);
        _stream = tls;
        tls.AuthenticateAsClient(access.Tls(server.DnsSafeHost));
    }

    public static byte[] Request(Uri server, LoadAccess access, string path, byte[] body, int? headerLength)
    {
        string head = $"POST {path} HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: {(headerLength is null ? "application/json" : "application/octet-stream")}\r\nContent-Length: {body.Length}\r\n"
            + (access.Key is null ? "" : $"Authorization: Bearer {access.Key}\r\n")
            + (headerLength is null ? "" : $"Inference-Header-Content-Length: {headerLength}\r\n") + "\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }

    public bool Exchange()
    {
        _stream.Write(_request);
        int headEnd;
        while ((headEnd = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8)) < 0)
            Fill();
        var head = _buffer.AsSpan(0, headEnd);
        bool ok = head.StartsWith("HTTP/1.1 200"u8);
        long length = ContentLength(head);
        Consume(headEnd + 4);
        if (length >= 0)
            Skip(length);
        else
            SkipChunks();
        return ok;
    }

    public void Dispose() => _stream.Dispose();

    /// <returns>-1: chunked.</returns>
    private static long ContentLength(ReadOnlySpan<byte> head)
    {
        foreach (var range in head.Split("\r\n"u8))
        {
            var line = head[range];
            const int nameLength = 15;
            if (line.Length > nameLength && Ascii.EqualsIgnoreCase(line[..nameLength], "Content-Length:"u8))
                return long.Parse(line[nameLength..], NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture);
        }

        return -1;
    }

    private void SkipChunks()
    {
        while (true)
        {
            int end;
            while ((end = _buffer.AsSpan(0, _filled).IndexOf("\r\n"u8)) < 0)
                Fill();
            long length = long.Parse(_buffer.AsSpan(0, end), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            Consume(end + 2);
            Skip(length + 2);
            if (length == 0)
                return;
        }
    }

    private void Skip(long bytes)
    {
        while (bytes > _filled)
        {
            bytes -= _filled;
            _filled = 0;
            Fill();
        }

        Consume((int)bytes);
    }

    private void Consume(int bytes)
    {
        _filled -= bytes;
        if (_filled > 0)
            Buffer.BlockCopy(_buffer, bytes, _buffer, 0, _filled);
    }

    private void Fill()
    {
        if (_filled == _buffer.Length)
            throw new IOException("the answer's head does not end");
        int received = _stream.Read(_buffer.AsSpan(_filled));
        if (received == 0)
            throw new IOException("the server closed the connection");
        _filled += received;
    }
}
