using System.Diagnostics;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Telemetry.Outbox;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeServe.AcceptanceTests.Sync;

/// <summary>The real program, never online, enrolled with the keys of a head office; and the sticks between them.</summary>
internal sealed class CarriedBox : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("edgeserve-carry-").FullName;

    public EdgeServeProcess Process { get; private set; } = null!;

    public string Media => this["media"];

    public string this[string name] => Path.Combine(_root, name);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Keys made and box enrolled by the program's own verbs.</summary>
    public static async Task<CarriedBox> EnrolledAsync()
    {
        var box = new CarriedBox();
        Directory.CreateDirectory(box.Media);
        await box.DoAsync("key", "generate", "--rsa", box["office.pem"]);
        await box.DoAsync("key", "generate", box["word.pem"]);
        await box.DoAsync("key", "generate", box["release.pem"]);
        await box.DoAsync(
            "fleet", "init", "--channel", "clinic", "--device-class", "pi5", "--key", box["release.pem.pub"],
            "--telemetry-key", box["office.pem.pub"], "--acknowledgement-key", box["word.pem.pub"], "--out", box["fleet.json"]);
        await box.DoAsync("device", "enroll", box["fleet.json"], "--data", box["data"]);
        return box;
    }

    /// <summary>Rows that compress to nothing less, before the program starts.</summary>
    public async Task FillAsync(int batches, int bytes)
    {
        using var data = new DataDirectory(this["data"]);
        data.Take();
        await using var outbox = new TelemetryOutbox(
            data, new OutboxOptions(), DeviceClock.Of(TimeProvider.System, data.Device), new DeviceIdentity(data.Device), TimeProvider.System, NullLogger<TelemetryOutbox>.Instance);
        outbox.Start();
        for (int i = 0; i < batches; i++)
        {
            var logs = new OtlpLogs();
            logs.Begin("EdgeServe.Tests");
            logs.BeginRecord("test", 9, 1_000, Convert.ToBase64String(RandomNumberGenerator.GetBytes(bytes)));
            logs.EndRecord();
            Assert.True(outbox.Add((TelemetryClass)(i % OutboxTotals.Classes), OtlpSignal.Logs, 1, logs.End()));
            await outbox.FlushAsync();
        }
    }

    public async Task StartAsync() => Process = await EdgeServeProcess.StartAsync(new ServerStart("")
    {
        Data = this["data"],
        Environment = new Dictionary<string, string?> { ["EDGESERVE__Updates__MediaDirectory"] = Media, ["EDGESERVE__Telemetry__CommitSeconds"] = "1", ["EDGESERVE__Storage__BallastBytes"] = "0" },
    });

    /// <summary>A stick with our folder on it and nothing else, not yet in the box.</summary>
    public string Stick(string name)
    {
        Directory.CreateDirectory(Path.Combine(this[name], "edgeserve"));
        return this[name];
    }

    /// <summary>Puts a stick in, waits until the box has done with it, and pulls it.</summary>
    /// <returns>What its report says of telemetry, for people.</returns>
    public async Task<string> VisitAsync(string stick)
    {
        string inside = Path.Combine(Media, Path.GetRandomFileName());
        File.Delete(Path.Combine(stick, "edgeserve", "status.html"));
        Directory.Move(stick, inside);
        await Process.WaitForAsync(() => File.Exists(Path.Combine(inside, "edgeserve", "status.html")), "the stick has a report");
        Directory.Move(inside, stick);
        using var status = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(stick, "edgeserve", "status.json"), Stop));
        var device = status.RootElement.GetProperty("devices")[0];
        var said = device.TryGetProperty("telemetry", out var telemetry) ? telemetry : device;
        Assert.Contains(said.GetProperty("text").GetString()!, await File.ReadAllTextAsync(Path.Combine(stick, "edgeserve", "status.html"), Stop), StringComparison.Ordinal);
        return $"{said.GetProperty("title").GetString()}: {said.GetProperty("text").GetString()} {said.GetProperty("next").GetString()}";
    }

    public static string Layout(string stick) => Path.Combine(stick, "edgeserve");

    public static string Blob(string stick, Digest digest) => Path.Combine(Layout(stick), "blobs", "sha256", digest.Hex);

    /// <summary>The one export on a stick.</summary>
    public static async Task<(string Tag, Manifest Manifest)> ExportAsync(string stick)
    {
        var layout = ImageLayout.Open(Layout(stick));
        string tag = layout.Index().Manifests.Select(m => m.Annotation(AnnotationNames.RefName)!).Single(t => t.StartsWith("outbox-", StringComparison.Ordinal) && !t.Contains("acknowledgement", StringComparison.Ordinal));
        return (tag, ManifestJson.ReadManifest((await layout.ResolveAsync(tag, null, Stop))!.Content));
    }

    public async Task<JsonElement> SyncAsync() => await Process.Client.GetFromJsonAsync<JsonElement>("/edge/v1/sync", Stop);

    public async Task<long> WaitingAsync() => (await SyncAsync()).GetProperty("classes").EnumerateArray().Sum(c => c.GetProperty("waiting").GetInt64());

    /// <summary>A verb that must work.</summary>
    public async Task<string> DoAsync(params string[] arguments)
    {
        var (exit, output, error) = await RunAsync(arguments);
        Assert.True(exit == 0, $"{string.Join(' ', arguments)}: {exit} {error}");
        return output;
    }

    public Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) =>
        EdgeServeProcess.RunAsync(arguments[0] == "outbox" ? [.. arguments, "--devices", this["devices.json"]] : arguments);

    public static async Task<string> ToolAsync(string tool, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{tool} {string.Join(' ', arguments)}: {await error}");
        return output;
    }

    public async ValueTask DisposeAsync()
    {
        if (Process is not null)
            await Process.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }
}
