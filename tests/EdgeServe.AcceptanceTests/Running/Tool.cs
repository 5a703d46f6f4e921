using System.Diagnostics;

namespace EdgeServe.AcceptanceTests.Running;

/// <summary>Programs of others, run to their end.</summary>
internal static class Tool
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static bool IsInstalled(string name) => Paths().Any(p => File.Exists(Path.Combine(p, name)));

    public static async Task<(int ExitCode, string Output)> RunAsync(IReadOnlyDictionary<string, string?>? environment, string program, params string[] arguments)
    {
        using var process = Start(environment, program, arguments);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        return (process.ExitCode, await output + await error);
    }

    public static Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments) => RunAsync(null, program, arguments);

    /// <summary>Starts it with its streams in our hands.</summary>
    public static Process Start(IReadOnlyDictionary<string, string?>? environment, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        // Debian keeps ip where only root looks.
        start.Environment["PATH"] = string.Join(':', Paths());
        foreach (var (key, value) in environment ?? new Dictionary<string, string?>())
            start.Environment[key] = value;
        return Process.Start(start)!;
    }

    private static IEnumerable<string> Paths() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(["/usr/sbin", "/sbin"]).Distinct();
}
