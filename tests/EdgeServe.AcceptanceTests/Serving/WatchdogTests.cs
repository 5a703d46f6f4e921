using System.Globalization;
using System.Net.Sockets;
using System.Text;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Serving;

/// <summary>What the service tells systemd: ready, alive for as long as it answers, stopping.</summary>
public sealed class WatchdogTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);
    private readonly string _folder = Directory.CreateTempSubdirectory("edgeserve-notify-").FullName;
    private readonly ModelFolder _models = new ModelFolder().AddShipped("breast-cancer");
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    [Fact]
    public async Task Systemd_hears_that_it_is_ready_alive_and_stopping_and_nothing_while_it_hangs()
    {
        string notify = Path.Combine(_folder, "notify");
        _socket.Bind(new UnixDomainSocketEndPoint(notify));
        await using var server = EdgeServeProcess.Launch(new ServerStart(_models.Path)
        {
            Environment = new Dictionary<string, string?>
            {
                ["NOTIFY_SOCKET"] = notify,
                ["WATCHDOG_USEC"] = Interval.TotalMicroseconds.ToString("F0", CultureInfo.InvariantCulture),
            },
        });
        await HearAsync("READY=1");
        await HearAsync("STATUS=serves breast-cancer/1");
        await HearAsync("WATCHDOG=1");
        await HearAsync("WATCHDOG=1");

        // It hangs: not one word, for longer than systemd would wait.
        Signal("-STOP", server.ProcessId);
        await QuietAsync(Interval);
        Signal("-CONT", server.ProcessId);
        await HearAsync("WATCHDOG=1");

        await server.StopAsync();
        await HearAsync("STOPPING=1");
    }

    public void Dispose()
    {
        _socket.Dispose();
        _models.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<string> NextAsync(TimeSpan patience)
    {
        using var timeout = new CancellationTokenSource(patience);
        byte[] buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, await _socket.ReceiveAsync(buffer.AsMemory(), timeout.Token));
    }

    /// <summary>Waits for a word; others may come before it.</summary>
    private async Task HearAsync(string word)
    {
        var heard = new List<string>();
        try
        {
            do
                heard.Add(await NextAsync(Patience));
            while (!heard[^1].Contains(word, StringComparison.Ordinal));
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"waited in vain for {word}; heard {string.Join(", ", heard)}");
        }
    }

    private async Task QuietAsync(TimeSpan time)
    {
        // What was said before it stopped.
        while (_socket.Available > 0)
            await NextAsync(Patience);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => NextAsync(time));
    }

    private static void Signal(string signal, int process)
    {
        using var kill = System.Diagnostics.Process.Start("kill", [signal, process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }
}
