using System.Net.Sockets;
using System.Text;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Updates.Sticks;

namespace EdgeServe.Engine.Updates.Programs;

/// <summary>One question to root's helper for programs, one line of answer.</summary>
internal static class HelperCall
{
    public const string Pin = "pin", Install = "install";

    /// <summary>Begins every answer that is a yes.</summary>
    public const string Yes = "ok ";

    // It copies and hashes a program on a slow card.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <returns>What follows the yes.</returns>
    /// <exception cref="BundleException"><see cref="BundleError.ProgramRefused"/>: no, or no answer.</exception>
    public static async Task<string> AskAsync(string path, string request, CancellationToken cancellation)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), patience.Token);
            await socket.SendAsync(Encoding.ASCII.GetBytes(request + "\n"), patience.Token);
            string answer = await WriteWindow.LineAsync(socket, patience.Token);
            return answer.StartsWith(Yes, StringComparison.Ordinal) ? answer[Yes.Length..]
                : throw new BundleException(BundleError.ProgramRefused, answer.Length > 0 ? $"root's helper says: {answer}" : "root's helper gave no answer", "journalctl -u 'edgeserve-program*' says more.");
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new BundleException(BundleError.ProgramRefused, e is SocketException ? $"root's helper does not answer at {path}: {e.Message}" : "root's helper does not answer in time", "systemctl start edgeserve-program.socket", e);
        }
    }
}
