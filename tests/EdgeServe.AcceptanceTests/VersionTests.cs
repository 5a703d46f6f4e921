using System.Diagnostics;

namespace EdgeServe.AcceptanceTests;

public sealed class VersionTests
{
    [Fact]
    public async Task Version_flag_prints_a_version_and_succeeds()
    {
        string binary = Environment.GetEnvironmentVariable("EDGESERVE_BINARY") ?? Path.Combine(AppContext.BaseDirectory, "edgeserve");
        using var process = Process.Start(new ProcessStartInfo(binary, "--version") { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+", output);
    }
}
