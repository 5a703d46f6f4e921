using System.Diagnostics;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Packaging;

/// <summary>The package on a base system with systemd running, its sandbox on. Needs root, debootstrap and systemd-nspawn.</summary>
public sealed class SystemdTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    [Fact]
    [Trait("length", "long")]
    public Task On_a_base_system_it_installs_is_watched_upgrades_and_goes() => RunAsync("systemd-box", 7);

    [Fact]
    [Trait("length", "long")]
    public Task A_newer_program_comes_by_stick_and_one_that_does_not_work_goes_back_by_itself() => RunAsync("program-box", 7);

    private static async Task RunAsync(string box, int proofs)
    {
        Assert.SkipUnless(ScratchRoot.Unavailable is null, ScratchRoot.Unavailable ?? "");
        Assert.SkipUnless(File.Exists("/usr/sbin/debootstrap") && File.Exists("/usr/bin/systemd-nspawn"), "needs debootstrap and systemd-nspawn");
        string script = Path.Combine(ModelFolder.RepositoryRoot, "tests", "EdgeServe.AcceptanceTests", "Packaging", box);
        using var process = Process.Start(new ProcessStartInfo(script, [ScratchRoot.Package!, Path.Combine(ModelFolder.RepositoryRoot, "artifacts", "base-system")]) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output);
        Assert.Equal(proofs, output.Split('\n').Count(l => l.StartsWith("ok: ", StringComparison.Ordinal)));
        TestContext.Current.TestOutputHelper?.WriteLine(output);
    }
}
