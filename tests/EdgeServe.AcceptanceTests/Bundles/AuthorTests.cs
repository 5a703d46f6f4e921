using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Bundles;

/// <summary>Head office's way with the real program, the real registry, skopeo and openssl; a device takes what comes of it.</summary>
public sealed class AuthorTests : IDisposable
{
    private const string Channel = "clinic";
    private readonly string _root = Directory.CreateTempSubdirectory("edgeserve-author-").FullName;

    private string Layout => this["layout"];

    private string this[string name] => Path.Combine(_root, name);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task From_the_author_over_a_registry_and_skopeos_stick_to_a_device()
    {
        Assert.SkipWhen(DockerRegistry.Unavailable is not null || !File.Exists("/usr/bin/skopeo"), "docker-registry or skopeo is not installed");
        await using var registry = await DockerRegistry.StartAsync();
        await KeysAsync();
        string digest = await ReleaseAsync(1, "breast-cancer");
        string repository = registry.Host + "/models";
        await DoAsync("channel", "push", Layout, $"{repository}:{Channel}");
        Assert.Contains("0.0 KiB sent", await DoAsync("channel", "push", Layout, $"{repository}:{Channel}"), StringComparison.Ordinal);
        await DoAsync("channel", "pull", $"{repository}:{Channel}", this["pulled"]);
        await DoAsync("channel", "verify", this["pulled"], "--channel", Channel, "--key", this["a.pem.pub"], this["b.pem.pub"], "--threshold", "2");
        await DoAsync("channel", "verify", $"{repository}:{Channel}", "--key", this["a.pem.pub"], this["b.pem.pub"], "--threshold", "2");

        // A device that polls this registry, and looks at sticks.
        string enrolment = this["fleet.json"];
        await DoAsync("fleet", "init", "--channel", Channel, "--device-class", "test", "--key", this["a.pem.pub"], this["b.pem.pub"], "--threshold", "2", "--registry", repository, "--out", enrolment);
        string data = this["data"], media = this["media"];
        Directory.CreateDirectory(media);
        await DoAsync("device", "enroll", enrolment, "--data", data);
        await using var device = await EdgeServeProcess.StartAsync(new ServerStart("") { Data = data, Environment = new Dictionary<string, string?> { ["EDGESERVE__Updates__MediaDirectory"] = media } });
        await DoAsync("update", "now", "--data", data);
        Assert.Equal((1, digest), await ServingAsync(device));

        // The next release comes on a stick that skopeo wrote, by the operator's two commands.
        digest = await ReleaseAsync(2, "breast-cancer", "digits");
        Assert.Contains("for a device at release 1", await DoAsync("channel", "inspect", Layout, "--channel", Channel), StringComparison.Ordinal);
        await DoAsync("channel", "push", Layout, $"{repository}:{Channel}");
        string stick = this["stick/edgeserve"];
        Directory.CreateDirectory(this["stick"]);
        string tag = $"sha256-{digest[7..]}.sig";
        await ToolAsync("skopeo", "copy", "--all", "--preserve-digests", "--src-tls-verify=false", $"docker://{repository}:{Channel}", $"oci:{stick}:{Channel}");
        await ToolAsync("skopeo", "copy", "--src-tls-verify=false", $"docker://{repository}:{tag}", $"oci:{stick}:{tag}");
        await DoAsync("channel", "verify", this["stick"], "--channel", Channel, "--key", this["a.pem.pub"], this["b.pem.pub"], "--threshold", "2");
        Directory.Move(this["stick"], Path.Combine(media, "STICK"));
        await UntilAsync(async () => await ServingAsync(device) == (2, digest));
        using var ready = await device.Client.GetAsync("/v2/models/digits/ready", TestContext.Current.CancellationToken);
        Assert.True(ready.IsSuccessStatusCode);
        await UntilAsync(() => Task.FromResult(File.Exists(Path.Combine(media, "STICK", "edgeserve", "status.html"))));
        Assert.Contains("release 2", await File.ReadAllTextAsync(Path.Combine(media, "STICK", "edgeserve", "status.html"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_skopeo_writes_without_all_or_tags_anew_is_told_apart_from_a_whole_channel()
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/skopeo"), "skopeo is not installed");
        await KeysAsync();
        string digest = await ReleaseAsync(1, "breast-cancer");
        string[] verify = ["channel", "verify", "--channel", Channel, "--key", this["a.pem.pub"], this["b.pem.pub"], "--threshold", "2"];

        // The operator forgets --all: one model gets the channel's name, exit 0.
        string poor = this["poor/edgeserve"];
        Directory.CreateDirectory(this["poor"]);
        await ToolAsync("skopeo", "copy", $"oci:{Layout}:{Channel}", $"oci:{poor}:{Channel}");
        await using var device = await EnrolledAsync("poor-data");
        var (exit, _, error) = await EdgeServeProcess.RunAsync("update", "install", poor, "--data", this["poor-data"]);
        Assert.Equal(1, exit);
        Assert.Contains("without --all", error, StringComparison.Ordinal);
        Assert.Contains("--preserve-digests", error, StringComparison.Ordinal);

        // Tagged anew, skopeo leaves the old entry without a name.
        string stick = this["stick/edgeserve"];
        Directory.CreateDirectory(this["stick"]);
        await CopyAsync(digest);
        digest = await ReleaseAsync(2, "breast-cancer", "digits");
        await CopyAsync(digest);
        var names = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(stick, "index.json"), TestContext.Current.CancellationToken))!["manifests"]!.AsArray()
            .Select(m => (string?)m!["annotations"]?["org.opencontainers.image.ref.name"]).ToArray();
        Assert.Contains(null, names);
        await DoAsync([.. verify, this["stick"]]);
        await DoAsync("update", "install", stick, "--data", this["poor-data"]);
        Assert.Equal((2, digest), await ServingAsync(device));

        async Task CopyAsync(string signed)
        {
            string tag = $"sha256-{signed[7..]}.sig";
            await ToolAsync("skopeo", "copy", "--all", "--preserve-digests", $"oci:{Layout}:{Channel}", $"oci:{stick}:{Channel}");
            await ToolAsync("skopeo", "copy", $"oci:{Layout}:{tag}", $"oci:{stick}:{tag}");
        }
    }

    [Fact]
    public async Task Openssl_agrees_with_our_signatures_and_we_with_its_keys()
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/openssl"), "openssl is not installed");
        await ToolAsync("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-out", this["a.pem"]);
        await ToolAsync("openssl", "ec", "-in", this["a.pem"], "-pubout", "-out", this["a.pem.pub"]);
        await ToolAsync("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-aes256", "-pass", "pass:hush", "-out", this["b.pem"]);
        await ToolAsync("openssl", "pkey", "-in", this["b.pem"], "-passin", "pass:hush", "-pubout", "-out", this["b.pem.pub"]);
        await File.WriteAllTextAsync(this["pass"], "hush\n", TestContext.Current.CancellationToken);
        string digest = await ReleaseAsync(1, "breast-cancer");
        await DoAsync("channel", "verify", Layout, "--channel", Channel, "--key", this["a.pem.pub"], this["b.pem.pub"], "--threshold", "2");

        var entries = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Layout, "index.json"), TestContext.Current.CancellationToken))!["manifests"]!.AsArray();
        var signatures = entries.Single(e => (string?)e!["annotations"]?["org.opencontainers.image.ref.name"] == $"sha256-{digest[7..]}.sig")!;
        var layers = JsonNode.Parse(await File.ReadAllTextAsync(Blob((string)signatures["digest"]!), TestContext.Current.CancellationToken))!["layers"]!.AsArray();
        Assert.Equal(2, layers.Count);
        foreach (var (layer, key) in layers.Zip((string[])["a.pem.pub", "b.pem.pub"]))
        {
            await File.WriteAllBytesAsync(this["signature"], Convert.FromBase64String((string)layer!["annotations"]!["dev.cosignproject.cosign/signature"]!), TestContext.Current.CancellationToken);
            Assert.Contains("Verified OK", await ToolAsync("openssl", "dgst", "-sha256", "-verify", this[key], "-signature", this["signature"], Blob((string)layer["digest"]!)), StringComparison.Ordinal);
        }

        // And the other way round: what openssl signs counts.
        await ToolAsync("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", this["c.pem"]);
        await ToolAsync("openssl", "ec", "-in", this["c.pem"], "-pubout", "-out", this["c.pem.pub"]);
        var (exit, _, error) = await EdgeServeProcess.RunAsync("channel", "verify", Layout, "--channel", Channel, "--key", this["a.pem.pub"], this["c.pem.pub"], "--threshold", "2");
        Assert.True(exit == 3, error);
        await ToolAsync("openssl", "dgst", "-sha256", "-sign", this["c.pem"], "-out", this["signature"], Blob((string)layers[0]!["digest"]!));
        layers[1]!["annotations"]!["dev.cosignproject.cosign/signature"] = Convert.ToBase64String(await File.ReadAllBytesAsync(this["signature"], TestContext.Current.CancellationToken));
        byte[] manifest = JsonSerializer.SerializeToUtf8Bytes(layers.Root);
        string name = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(manifest));
        await File.WriteAllBytesAsync(Blob(name), manifest, TestContext.Current.CancellationToken);
        (signatures["digest"], signatures["size"]) = (name, manifest.Length);
        await File.WriteAllTextAsync(Path.Combine(Layout, "index.json"), entries.Root.ToJsonString(), TestContext.Current.CancellationToken);
        await DoAsync("channel", "verify", Layout, "--channel", Channel, "--key", this["a.pem.pub"], this["c.pem.pub"], "--threshold", "2");
    }

    [Fact]
    public async Task A_stick_is_written_read_back_and_a_bad_one_is_told_apart()
    {
        await KeysAsync();
        await ReleaseAsync(1, "breast-cancer");
        Directory.CreateDirectory(this["stick"]);
        Assert.Contains("read back", await DoAsync("stick", "write", this["stick"], "--from", Layout, "--channel", Channel), StringComparison.Ordinal);
        Assert.Contains("release 1", await DoAsync("stick", "inspect", this["stick"]), StringComparison.Ordinal);
        string[] verify = ["channel", "verify", this["stick"], "--channel", Channel, "--key", this["a.pem.pub"]];
        await DoAsync(verify);
        string blob = Directory.EnumerateFiles(this["stick/edgeserve/blobs/sha256"]).MaxBy(f => new FileInfo(f).Length)!;
        byte[] content = await File.ReadAllBytesAsync(blob, TestContext.Current.CancellationToken);
        content[content.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(blob, content, TestContext.Current.CancellationToken);
        Assert.Equal(3, (await EdgeServeProcess.RunAsync(verify)).ExitCode);
        // Writing again heals it.
        await DoAsync("stick", "write", this["stick"], "--from", Layout, "--channel", Channel);
        await DoAsync(verify);
        Assert.Equal(2, (await EdgeServeProcess.RunAsync("key", "generate", this["a.pem"])).ExitCode);
    }

    private string Blob(string digest) => Path.Combine(Layout, "blobs", "sha256", digest[7..]);

    private async Task KeysAsync()
    {
        await File.WriteAllTextAsync(this["pass"], "hush\n", TestContext.Current.CancellationToken);
        await DoAsync("key", "generate", this["a.pem"]);
        await DoAsync("key", "generate", this["b.pem"], "--passphrase-file", this["pass"]);
    }

    /// <summary>Packs, builds and signs with both keys.</summary>
    /// <returns>The index's digest.</returns>
    private async Task<string> ReleaseAsync(int number, params string[] models)
    {
        foreach (string model in models)
            await DoAsync("bundle", "pack", Path.Combine(ModelFolder.Shipped, model, "1"), "--out", Layout);
        string built = await DoAsync(["channel", "build", .. models.Select(m => $"{Layout}:{m}-1"), "--channel", Channel, "--release", $"{number}", "--device-class", "test", "--out", Layout]);
        await DoAsync("channel", "sign", Layout, "--channel", Channel, "--key", this["a.pem"], this["b.pem"], "--passphrase-file", this["pass"]);
        return built[..71];
    }

    private async Task<EdgeServeProcess> EnrolledAsync(string data)
    {
        await DoAsync("fleet", "init", "--channel", Channel, "--device-class", "test", "--key", this["a.pem.pub"], this["b.pem.pub"], "--threshold", "2", "--out", this["fleet.json"]);
        await DoAsync("device", "enroll", this["fleet.json"], "--data", this[data]);
        return await EdgeServeProcess.StartAsync(new ServerStart("") { Data = this[data], Environment = new Dictionary<string, string?> { ["EDGESERVE__Updates__MediaDirectory"] = "" } });
    }

    private static async Task<(long Release, string Digest)> ServingAsync(EdgeServeProcess device)
    {
        var status = await device.Client.GetFromJsonAsync<JsonElement>("/edge/v1/updates", TestContext.Current.CancellationToken);
        return status.TryGetProperty("active", out var active) ? (active.GetProperty("release").GetInt64(), active.GetProperty("digest").GetString()!) : (0, "");
    }

    private static async Task<string> DoAsync(params string[] arguments)
    {
        var (exit, output, error) = await EdgeServeProcess.RunAsync(arguments);
        Assert.True(exit == 0, $"edgeserve {string.Join(' ', arguments)}: {exit}: {error}{output}");
        return output;
    }

    private static async Task<string> ToolAsync(string tool, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{tool} {string.Join(' ', arguments)}: {await error}");
        return output;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var watch = Stopwatch.StartNew(); !await holds(); await Task.Delay(50, TestContext.Current.CancellationToken))
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), "it does not come");
    }
}
