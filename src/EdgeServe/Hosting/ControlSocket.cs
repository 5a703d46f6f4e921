using System.Net.Sockets;

namespace EdgeServe.Hosting;

/// <summary><c>&lt;data&gt;/control.sock</c>: the same HTTP API for the command line on this machine, open to the owner and its group.</summary>
internal static class ControlSocket
{
    private const string FileName = "control.sock";

    // sockaddr_un has room for so many bytes, the closing zero included.
    private const int LongestPath = 107;
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    public static string PathIn(string dataDirectory) => Path.Combine(Path.GetFullPath(dataDirectory), FileName);

    /// <summary>Clears the way. Only the owner of the data directory may call it.</summary>
    /// <returns>Where to listen; null when the path is too long for a socket.</returns>
    public static string? Prepare(string dataDirectory)
    {
        string path = PathIn(dataDirectory);
        if (System.Text.Encoding.UTF8.GetByteCount(path) > LongestPath)
            return null;
        File.Delete(path);
        return path;
    }

    /// <summary>Once it listens: nobody else on the machine may connect.</summary>
    public static void Protect(string dataDirectory)
    {
        string path = PathIn(dataDirectory);
        if (File.Exists(path) && !OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, Mode);
    }

    /// <summary>A client of the service that owns the data directory.</summary>
    public static HttpClient Connect(string dataDirectory)
    {
        string path = PathIn(dataDirectory);
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        return new HttpClient(handler) { BaseAddress = new Uri("http://localhost/"), Timeout = Timeout.InfiniteTimeSpan };
    }
}
