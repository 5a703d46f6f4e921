using System.Diagnostics;
using System.Globalization;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Packaging;

/// <summary>
/// A Debian to install into: this machine's own under an overlay in memory, with processes, mounts and network of its own.
/// systemd does not run in it; everything else is real. Needs root.
/// </summary>
public sealed class ScratchRoot : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly string _folder = Directory.CreateTempSubdirectory("edgeserve-root-").FullName;
    private Process? _holder;
    private string _inside = "";

    /// <summary>Where <c>scripts/package</c> leaves its work.</summary>
    public static string Packages { get; } = Environment.GetEnvironmentVariable("EDGESERVE_PACKAGES") ?? Path.Combine(ModelFolder.RepositoryRoot, "artifacts", "packages");

    /// <summary>The package for this machine; null: none was made.</summary>
    public static string? Package { get; } = Directory.Exists(Packages) ? Directory.EnumerateFiles(Packages, "edgeserve_*_amd64.deb").Order(StringComparer.Ordinal).LastOrDefault() : null;

    /// <summary>Why there can be none here; null: there can.</summary>
    public static string? Unavailable { get; } = !Environment.IsPrivilegedProcess ? "an installation needs root"
        : Package is null ? $"scripts/package linux-x64 makes the package that is tested; there is none in {Packages}" : null;

    public async ValueTask InitializeAsync()
    {
        if (Unavailable is not null)
            return;
        string script = Path.Combine(ModelFolder.RepositoryRoot, "tests", "EdgeServe.AcceptanceTests", "Packaging", "scratch-root");
        _holder = Process.Start(new ProcessStartInfo("unshare", ["--mount", "--pid", "--net", "--fork", "--kill-child", "--mount-proc", script, _folder]) { RedirectStandardOutput = true })!;
        Assert.Equal("ready", await _holder.StandardOutput.ReadLineAsync().WaitAsync(Patience));
        _inside = (await File.ReadAllTextAsync(string.Create(CultureInfo.InvariantCulture, $"/proc/{_holder.Id}/task/{_holder.Id}/children"))).Trim();
    }

    /// <summary>Runs a script of the shell in there as root, with no environment of this process.</summary>
    public async Task<(int ExitCode, string Output)> TryAsync(string script)
    {
        string[] command = ["-t", _inside, "-m", "-p", "-n", "chroot", Path.Combine(_folder, "root"), "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "DEBIAN_FRONTEND=noninteractive", "sh", "-c", "exec 2>&1; " + script];
        using var process = Process.Start(new ProcessStartInfo("nsenter", command) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        return (process.ExitCode, output);
    }

    /// <summary>The same; it must succeed.</summary>
    public async Task<string> RunAsync(string script)
    {
        var (exitCode, output) = await TryAsync(script);
        Assert.True(exitCode == 0, $"{script}\nended with {exitCode}:\n{output}");
        return output;
    }

    /// <summary>Gives it a file.</summary>
    public async Task CopyAsync(string file, string to)
    {
        using var process = Process.Start(new ProcessStartInfo("nsenter", ["-t", _inside, "-m", "sh", "-c", $"cat > '{_folder}/root{to}'"]) { RedirectStandardInput = true })!;
        await using (var source = File.OpenRead(file))
            await source.CopyToAsync(process.StandardInput.BaseStream, TestContext.Current.CancellationToken);
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>Installs a package. systemd and udev are not installed where these tests run; a test with debootstrap resolves every dependency.</summary>
    public async Task<string> InstallAsync(string package)
    {
        string place = "/tmp/" + Path.GetFileName(package);
        await CopyAsync(package, place);
        return await RunAsync($"dpkg --force-depends -i {place}");
    }

    /// <summary>
    /// Starts the service as its unit does as far as that needs no systemd: its user, its umask, a read-only view of the
    /// machine in a mount namespace of its own that sees mounts which come later.
    /// </summary>
    public Task<string> ServeAsync() => RunAsync("""
        cat > /tmp/serve <<'END'
        set -e
        mount --bind /var/lib/edgeserve /var/lib/edgeserve
        mount --bind /etc/avahi/services/edgeserve.service /etc/avahi/services/edgeserve.service
        mount -o remount,bind,ro /
        mount -o remount,bind,ro /run
        umask 0077
        exec setpriv --reuid edgeserve --regid edgeserve --init-groups --no-new-privs env -i PATH=/usr/bin /usr/lib/edgeserve/edgeserve serve
        END
        mkdir -p /run/edgeserve/media
        unshare --mount --propagation slave sh /tmp/serve < /dev/null > /tmp/service.log 2>&1 &
        """);

    /// <summary>Waits until it is ready.</summary>
    public Task<string> ReadyAsync() => RunAsync("""
        for i in $(seq 600); do curl -sf http://127.0.0.1:8000/v2/health/ready && exit 0; sleep 0.1; done
        cat /tmp/service.log; exit 1
        """);

    /// <summary>Stops the service in order.</summary>
    public Task<string> StopAsync() => RunAsync("pid=$(cat /var/lib/edgeserve/owner); kill $pid; while [ -d /proc/$pid ]; do sleep 0.05; done");

    public async ValueTask DisposeAsync()
    {
        if (_holder is not null)
        {
            _holder.Kill();
            await _holder.WaitForExitAsync();
            _holder.Dispose();
        }

        Directory.Delete(_folder);
    }
}
