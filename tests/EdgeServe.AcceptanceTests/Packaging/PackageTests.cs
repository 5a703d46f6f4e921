using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Packaging;

/// <summary>The package as a person installs it, and as Debian's own tools judge it.</summary>
public sealed partial class PackageTests(ScratchRoot box) : IClassFixture<ScratchRoot>
{
    private const string Ask = "curl -sf http://127.0.0.1:8000/v2/models/breast-cancer/infer -d @/tmp/request.json";

    // Target: 5 s; a busy machine gets more.
    private static readonly TimeSpan FirstAnswer = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Installed_it_answers_keeps_its_data_over_an_upgrade_and_leaves_nothing_when_purged()
    {
        Assert.SkipUnless(ScratchRoot.Unavailable is null, ScratchRoot.Unavailable ?? "");
        string request = Path.GetTempFileName();
        await File.WriteAllTextAsync(request, Requests.BreastCancer, Requests.Stop);
        await box.CopyAsync(request, "/tmp/request.json");
        File.Delete(request);

        // Installed: a user, a private folder for its data, units that start at boot.
        await box.InstallAsync(ScratchRoot.Package!);
        Assert.Equal("750 edgeserve edgeserve\n", await box.RunAsync("stat -c '%a %U %G' /var/lib/edgeserve"));
        Assert.Equal("644 edgeserve edgeserve\n755 root root\n", await box.RunAsync("stat -c '%a %U %G' /etc/avahi/services/edgeserve.service /etc/avahi/services"));
        Assert.Equal("755 root root\n", await box.RunAsync("stat -c '%a %U %G' /var/lib/edgeserve-program"));
        await box.RunAsync("test -L /etc/systemd/system/multi-user.target.wants/edgeserve.service -a -L /etc/systemd/system/sockets.target.wants/edgeserve-helper.socket");
        Assert.Equal("", await box.RunAsync("find /usr/lib/edgeserve /usr/share/edgeserve /etc/edgeserve -writable -not -type l -not -user root; dpkg --verify edgeserve"));

        // First answer, without any network but loopback.
        var watch = Stopwatch.StartNew();
        await box.ServeAsync();
        string answer = await box.RunAsync($"for i in $(seq 600); do {Ask} && exit 0; sleep 0.05; done; cat /tmp/service.log; exit 1");
        Assert.Contains("probabilities", answer, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < FirstAnswer, $"the first answer took {watch.Elapsed}");
        TestContext.Current.TestOutputHelper?.WriteLine($"first answer after {watch.ElapsedMilliseconds} ms");
        await box.ReadyAsync();
        Assert.Contains("voice-activity", await box.RunAsync("curl -sf http://127.0.0.1:8000/v2/models"), StringComparison.Ordinal);

        // It says what it needs: systemd's socket for sticks is not there, so it is not ready for the field; nothing else failed.
        var findings = JsonDocument.Parse((await box.TryAsync("edgeserve doctor --json 2>/dev/null")).Output).RootElement.EnumerateArray().ToDictionary(f => f.GetProperty("check").GetString()!, f => f);
        Assert.DoesNotContain(findings.Values, f => f.GetProperty("state").GetString() == "failed" && f.GetProperty("check").GetString() is not ("Stick helper" or "Field"));
        Assert.Equal("ok", findings["TLS"].GetProperty("state").GetString());
        Assert.Equal("ok", findings["Service answers"].GetProperty("state").GetString());
        Assert.Equal("warning", findings["Keys"].GetProperty("state").GetString());
        Assert.Contains("Stick helper", findings["Field"].GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("<type>_edgeserve._tcp</type>", await box.RunAsync("cat /etc/avahi/services/edgeserve.service"), StringComparison.Ordinal);

        // A job, a key and a setting of the operator's outlive an upgrade; the program that runs is not stopped by it.
        string job = await box.RunAsync("curl -sf http://127.0.0.1:8000/edge/v1/models/breast-cancer/jobs -H 'Idempotency-Key: before' -d @/tmp/request.json");
        string id = JsonDocument.Parse(job).RootElement.GetProperty("id").GetString()!;
        await box.RunAsync($"curl -sf 'http://127.0.0.1:8000/edge/v1/jobs/{id}/result?wait=30s'");
        await box.RunAsync("edgeserve tablet add --name ward --scope operate");
        await box.RunAsync("""sed -i 's/"Default": "Information"/"Default": "Warning"/' /etc/edgeserve/appsettings.json""");
        await box.RunAsync("""
            cd /tmp && dpkg-deb -R edgeserve_*_amd64.deb next && sed -i 's/^Version: .*/&.1/' next/DEBIAN/control
            sed -i 's/"Repository"/"Metrics": { "TritonNames": true },\n  &/' next/etc/edgeserve/appsettings.json
            dpkg-deb --root-owner-group -Znone -b next edgeserve-next.deb && rm -r next && dpkg --force-depends --force-confold -i edgeserve-next.deb
            """);
        Assert.Contains("probabilities", await box.RunAsync(Ask), StringComparison.Ordinal);
        await box.StopAsync();
        await box.ServeAsync();
        await box.ReadyAsync();
        Assert.Contains("probabilities", await box.RunAsync($"curl -sf http://127.0.0.1:8000/edge/v1/jobs/{id}/result"), StringComparison.Ordinal);
        Assert.Contains("ward", await box.RunAsync("edgeserve tablet list"), StringComparison.Ordinal);
        Assert.Contains("Warning", await box.RunAsync("cat /etc/edgeserve/appsettings.json"), StringComparison.Ordinal);

        // Root does not put files of its own into the service's folder.
        await box.StopAsync();
        var (exitCode, refusal) = await box.TryAsync("edgeserve tablet add --name other");
        Assert.NotEqual(0, exitCode);
        Assert.Contains("sudo -u edgeserve", refusal, StringComparison.Ordinal);
        Assert.Equal("", await box.RunAsync("find /var/lib/edgeserve -not -user edgeserve"));

        // Removed, the data stays and nothing is announced; purged, nothing is left.
        await box.RunAsync("dpkg -r edgeserve && test -d /var/lib/edgeserve/device && test -e /etc/edgeserve/appsettings.json && test ! -e /etc/avahi/services/edgeserve.service");
        await box.RunAsync("dpkg -P edgeserve");
        Assert.Equal("", await box.RunAsync("find /etc /usr /var /run -iname '*edgeserve*' -not -path '/var/log/*' -not -path '/usr/share/dotnet/*'; getent passwd edgeserve; getent group edgeserve; true"));
    }

    [Fact]
    public async Task Lintian_finds_no_error()
    {
        Assert.SkipUnless(ScratchRoot.Unavailable is null, ScratchRoot.Unavailable ?? "");
        foreach (string package in Directory.EnumerateFiles(ScratchRoot.Packages, "*.deb"))
        {
            var (exitCode, output) = await RunAsync("lintian", "--allow-root", "--fail-on", "error,warning", package);
            Assert.True(exitCode == 0, output);
        }
    }

    [Theory]
    [InlineData("edgeserve.service", 3.0)]
    [InlineData("edgeserve-program@.service", 3.0)]
    // Root's helper mounts for the whole machine: no mount namespace, and one capability.
    [InlineData("edgeserve-helper@.service", 4.5)]
    [InlineData("edgeserve-stick@.service", 4.5)]
    public async Task Systemd_calls_the_sandbox_tight(string unit, double most)
    {
        string file = Path.Combine(ModelFolder.RepositoryRoot, "packaging", "systemd", unit);
        var (_, output) = await RunAsync("systemd-analyze", "security", "--offline=true", "--no-pager", file);
        var exposure = Exposure().Match(output);
        Assert.True(exposure.Success, output);
        Assert.InRange(double.Parse(exposure.Groups[1].Value, CultureInfo.InvariantCulture), 0, most);
    }

    [Fact]
    public async Task The_checksums_are_those_of_the_files_and_the_archive_runs()
    {
        Assert.SkipUnless(ScratchRoot.Unavailable is null, ScratchRoot.Unavailable ?? "");
        string folder = Directory.CreateTempSubdirectory("edgeserve-archive-").FullName;
        try
        {
            var (exitCode, output) = await RunAsync("sh", "-c", $"cd '{ScratchRoot.Packages}' && sha256sum --strict -c SHA256SUMS && tar -C '{folder}' --strip-components=1 -xf edgeserve-*-linux-x64.tar.gz && cd '{folder}' && ./edgeserve model check breast-cancer --models models --repeat 0");
            Assert.True(exitCode == 0, output);
            Assert.Contains("1 of 1 samples pass", output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task The_bill_of_materials_is_valid_and_names_what_is_in_the_program()
    {
        Assert.SkipUnless(ScratchRoot.Unavailable is null, ScratchRoot.Unavailable ?? "");
        string file = Directory.EnumerateFiles(ScratchRoot.Packages, "edgeserve-*-linux-x64.cdx.json").Single();
        string work = Directory.CreateTempSubdirectory("edgeserve-sbom-").FullName;
        try
        {
            foreach (string source in Directory.EnumerateFiles(Path.Combine(ModelFolder.RepositoryRoot, "tests", "EdgeServe.AcceptanceTests", "Packaging", "CycloneDx")))
                File.Copy(source, Path.Combine(work, Path.GetFileName(source)));
            var (exitCode, output) = await RunAsync("sh", "-c", $"cd '{work}' && npm install --no-audit --no-fund --ignore-scripts --silent && node validate.mjs '{file}'");
            Assert.True(exitCode == 0, output);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }

        var bom = JsonDocument.Parse(await File.ReadAllTextAsync(file, Requests.Stop)).RootElement;
        var components = bom.GetProperty("components").EnumerateArray().ToDictionary(c => c.GetProperty("bom-ref").GetString()!, c => c);
        // Each package that was resolved, with its licence; each native file as it lies in the package; each model.
        string[] resolved = [.. ResolvedPackages()];
        Assert.NotEmpty(resolved);
        Assert.All(resolved, p => Assert.Contains($"pkg:nuget/{p}", components.Keys));
        Assert.All(components.Values, c => Assert.True(c.GetProperty("licenses").GetArrayLength() > 0, c.ToString()));
        Assert.Contains(components.Keys, k => k.StartsWith("pkg:nuget/Microsoft.NETCore.App.Runtime.NativeAOT.linux-x64@", StringComparison.Ordinal));
        Assert.Contains(components.Keys, k => k.StartsWith("sqlite@3.", StringComparison.Ordinal));
        Assert.Equal(9, components.Values.Count(c => c.GetProperty("type").GetString() == "machine-learning-model"));
        var (_, sums) = await RunAsync("sh", "-c", $"dpkg-deb --fsys-tarfile '{ScratchRoot.Package}' | tar -x --to-command='echo \"$(sha256sum | cut -d\" \" -f1) $TAR_FILENAME\"' --wildcards './usr/lib/edgeserve/*.so' ./usr/lib/edgeserve/edgeserve");
        string[] files = sums.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, files.Length);
        foreach (string[] shipped in files.Select(f => f.Split(' ')))
            Assert.Equal(shipped[0], components["file:" + Path.GetFileName(shipped[1])].GetProperty("hashes")[0].GetProperty("content").GetString());
    }

    [Fact]
    [Trait("length", "long")]
    public async Task The_same_program_makes_the_same_bytes()
    {
        Assert.SkipUnless(ScratchRoot.Unavailable is null, ScratchRoot.Unavailable ?? "");
        string sums = Path.Combine(ScratchRoot.Packages, "SHA256SUMS");
        string before = await File.ReadAllTextAsync(sums, Requests.Stop);
        var (exitCode, output) = await RunAsync(Path.Combine(ModelFolder.RepositoryRoot, "scripts", "package"), "linux-x64");
        Assert.True(exitCode == 0, output);
        Assert.Equal(before, await File.ReadAllTextAsync(sums, Requests.Stop));
    }

    private static IEnumerable<string> ResolvedPackages()
    {
        string assets = Path.Combine(ModelFolder.RepositoryRoot, "artifacts", "resolved", "linux-x64", "obj", "EdgeServe", "project.assets.json");
        return JsonDocument.Parse(File.ReadAllText(assets)).RootElement.GetProperty("libraries").EnumerateObject()
            .Where(l => l.Value.GetProperty("type").GetString() == "package").Select(l => l.Name.Replace('/', '@'))
            // Analyzers and the compiler of this project: they add nothing to the program.
            .Where(n => !n.StartsWith("Microsoft.CodeAnalysis.", StringComparison.Ordinal) && !n.StartsWith("Microsoft.NET.ILLink", StringComparison.Ordinal) && !n.Contains("ILCompiler", StringComparison.Ordinal));
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(Requests.Stop).WaitAsync(TimeSpan.FromMinutes(5), Requests.Stop);
        return (process.ExitCode, await output + await error);
    }

    [GeneratedRegex(@"Overall exposure level for .*: (\d+\.\d)")]
    private static partial Regex Exposure();
}
