using System.Net.Sockets;
using System.Text;

namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>
/// A stick that is mounted read-only, writable for as long as this is open. The service has no right to mount: it asks the
/// helper that mounted the stick, over a socket that only the service may open. The window is the connection, so that it closes whatever
/// becomes of this process, and the helper closes it after two minutes by itself.
/// </summary>
internal sealed class WriteWindow : IAsyncDisposable
{
    // A slow stick first puts away what it was given.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private const int LongestAnswer = 1024;
    private readonly Socket _socket;

    private WriteWindow(Socket socket) => _socket = socket;

    /// <summary>Did the helper say that everything is on the stick and that it is read-only again? Known once this is disposed.</summary>
    public bool IsClosed { get; private set; }

    /// <param name="helper">The helper's socket.</param>
    /// <param name="medium">The stick, by the name of its folder.</param>
    /// <param name="cancellation">The stick was pulled, or the service stops.</param>
    /// <returns>The window, or why there is none.</returns>
    public static async Task<(WriteWindow? Window, string? Refusal)> OpenAsync(string helper, string medium, CancellationToken cancellation)
    {
        var (answer, socket) = await AskAsync(helper, "write", medium, cancellation);
        if (socket is not null && answer == "open")
            return (new WriteWindow(socket), null);
        socket?.Dispose();
        return (null, answer);
    }

    /// <summary>Has the stick unmounted.</summary>
    /// <returns>Why it was not; null: it was, and may be pulled.</returns>
    public static async Task<string?> EjectAsync(string helper, string medium, CancellationToken cancellation)
    {
        var (answer, socket) = await AskAsync(helper, "eject", medium, cancellation);
        socket?.Dispose();
        return answer == "ejected" ? null : answer;
    }

    /// <summary>Closes the window and waits until the stick is read-only again.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            using var patience = new CancellationTokenSource(Patience);
            IsClosed = await LineAsync(_socket, patience.Token) == "closed";
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Pulled, or the helper is gone: what was written stands or does not.
        }

        _socket.Dispose();
    }

    /// <returns>The helper's word, or why there is none; the connection, while it is open.</returns>
    private static async Task<(string Answer, Socket? Socket)> AskAsync(string helper, string what, string medium, CancellationToken cancellation)
    {
        // What the helper takes; anything else was not mounted by it.
        if (medium.Length is 0 or > 32 || !medium.All(char.IsAsciiLetterOrDigit))
            return ("the helper did not mount it", null);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(Patience);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(helper), patience.Token);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"{what} {medium}\n"), patience.Token);
            string answer = await LineAsync(socket, patience.Token);
            return (answer.Length > 0 ? answer : "the helper said nothing", socket);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            cancellation.ThrowIfCancellationRequested();
            return (e is SocketException ? e.Message : "the helper does not answer", null);
        }
    }

    internal static async Task<string> LineAsync(Socket socket, CancellationToken cancellation)
    {
        byte[] buffer = new byte[LongestAnswer];
        int length = 0;
        while (length < buffer.Length && await socket.ReceiveAsync(buffer.AsMemory(length), cancellation) is > 0 and int read)
        {
            length += read;
            int end = Array.IndexOf(buffer, (byte)'\n', 0, length);
            if (end >= 0)
                return Medium.Readable(Encoding.ASCII.GetString(buffer, 0, end));
        }

        return "";
    }
}
