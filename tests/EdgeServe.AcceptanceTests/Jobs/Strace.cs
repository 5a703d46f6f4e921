using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace EdgeServe.AcceptanceTests.Jobs;

/// <summary>strace on every thread of a running process: watches its calls, breaks them or kills it at one of them. Disposed, it lets go.</summary>
internal sealed class Strace : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Process _process;
    private readonly TaskCompletionSource _attached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StringBuilder _said = new();

    private Strace(Process process) => _process = process;

    /// <summary>Calls whose effect outlives the process.</summary>
    public static string[] PersistentCalls { get; } = ["fsync", "pwrite64", "unlink", "openat"];

    public static bool IsInstalled { get; } = File.Exists("/usr/bin/strace");

    /// <summary>Returns when every thread is held.</summary>
    public static async Task<Strace> AttachAsync(int processId, params string[] arguments)
    {
        var start = new ProcessStartInfo("strace", ["-f", "-p", processId.ToString(CultureInfo.InvariantCulture), .. arguments]) { RedirectStandardError = true };
        var process = Process.Start(start)!;
        var strace = new Strace(process);
        int threads = Directory.GetDirectories($"/proc/{processId}/task").Length;
        process.ErrorDataReceived += (_, line) => strace.Hear(line.Data, threads);
        process.BeginErrorReadLine();
        await strace._attached.Task.WaitAsync(Patience);
        return strace;
    }

    /// <summary>Waits for the end of what it watches.</summary>
    public Task EndAsync() => _process.WaitForExitAsync().WaitAsync(Patience);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var interrupt = Process.Start("kill", ["-INT", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            await EndAsync();
        }

        _process.Dispose();
    }

    private void Hear(string? line, int threads)
    {
        _said.AppendLine(line);
        if (line is null)
            _attached.TrySetException(new InvalidOperationException(_said.ToString()));
        // "strace: Process 12 attached with 20 threads"
        if (line is not null && line.Contains(" attached", StringComparison.Ordinal) && (threads == 1 || line.Contains("threads", StringComparison.Ordinal)))
            _attached.TrySetResult();
    }
}
