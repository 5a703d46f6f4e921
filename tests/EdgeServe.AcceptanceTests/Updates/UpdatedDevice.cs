using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.TestModels;

namespace EdgeServe.AcceptanceTests.Updates;

/// <summary>A device that follows a test's head office, with a data directory that outlives its processes.</summary>
internal sealed class UpdatedDevice : IAsyncDisposable
{
    public const string AddRequest = """{"inputs":[{"name":"A","datatype":"FP32","shape":[1,16],"data":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]},{"name":"B","datatype":"FP32","shape":[1,16],"data":[2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2]}]}""";

    private static readonly string[] MayChange =
    [
        "layout/", "stick/", "media/", "data/store/", "data/ingest/", "data/device/updates", "data/device/clock", "data/device/poll", "data/device/link", "data/lock", "data/control.sock", "data/jobs.db", "data/outbox.db", "data/backup/", "data/audit/", "data/device/audit",
    ];

    private readonly string _root = Directory.CreateTempSubdirectory("es-upd-").FullName;

    public TestChannel Office { get; } = new();

    public string Data => Path.Combine(_root, "data");

    public string Layout => Path.Combine(_root, "layout");

    public EdgeServeProcess Process { get; private set; } = null!;

    public Dictionary<string, string?> Environment { get; } = [];

    public static Task<UpdatedDevice> StartAsync(params (string Key, string Value)[] settings) => StartAsync(new UpdatedDevice(), "", settings);

    /// <summary>One that looks at the sticks in <see cref="Media"/>.</summary>
    public static Task<UpdatedDevice> StartWithSticksAsync(params (string Key, string Value)[] settings)
    {
        var device = new UpdatedDevice();
        return StartAsync(device, Directory.CreateDirectory(device.Media).FullName, settings);
    }

    private static async Task<UpdatedDevice> StartAsync(UpdatedDevice device, string media, (string Key, string Value)[] settings)
    {
        string key = Path.Combine(device._root, "office.pem");
        await File.WriteAllTextAsync(key, device.Office.PublicKey);
        device.Environment["EDGESERVE__Updates__Channel"] = device.Office.Channel;
        device.Environment["EDGESERVE__Updates__DeviceClass"] = device.Office.DeviceClass;
        device.Environment["EDGESERVE__Updates__TrustedKeys__0"] = key;
        device.Environment["EDGESERVE__Updates__MediaDirectory"] = media;
        device.Environment["EDGESERVE__Storage__BallastBytes"] = "0";
        device.Environment["EDGESERVE__Storage__ReserveBytes"] = "0";
        foreach (var (name, value) in settings)
            device.Environment["EDGESERVE__" + name] = value;
        await device.StartAsync();
        return device;
    }

    /// <summary>Where sticks appear.</summary>
    public string Media => Path.Combine(_root, "media");

    public string this[string name] => Path.Combine(_root, name);

    /// <param name="under">The command it runs under.</param>
    public async Task StartAsync(params string[] under)
    {
        var process = EdgeServeProcess.Launch(new ServerStart("") { Data = Data, Environment = Environment, Under = under });
        Process = process;
        await process.WaitAsync("/v2/health/ready");
    }

    public EdgeServeProcess Launch() => Process = EdgeServeProcess.Launch(new ServerStart("") { Data = Data, Environment = Environment });

    /// <summary>The folder of <c>add</c>, whose golden sample expects this sum.</summary>
    public static (string, byte[])[] AddModel(int sum, string definition = """{"max_batch_size":8}""") =>
    [
        ("model.onnx", TestGraphs.Add()),
        ("model.json", Encoding.UTF8.GetBytes(definition)),
        ("golden/sum.json", Encoding.UTF8.GetBytes($$"""{"request":{{AddRequest}},"expected":[{"check":"values","output":"C","shape":[1,16],"absolute_tolerance":0.001,"data":[{{string.Join(',', Enumerable.Repeat(sum, 16))}}]}]}""")),
    ];

    /// <summary>A release with one version of <c>add</c> and the model of tumours.</summary>
    public void Write(long release, int version, int sum = 3, Action<JsonObject>? change = null, string definition = """{"max_batch_size":8}""")
    {
        Office.Clear().Add("add", version, AddModel(sum, definition)).AddFolder("breast-cancer", 1, Path.Combine(ModelFolder.Shipped, "breast-cancer", "1"));
        Office.Write(Layout, release, change);
    }

    public Task<(int ExitCode, string Output, string Error)> InstallAsync() => VerbAsync("update", "install", Layout);

    public Task<(int ExitCode, string Output, string Error)> VerbAsync(params string[] arguments) =>
        EdgeServeProcess.RunAsync(Environment, [.. arguments, "--data", Data]);

    public async Task<JsonElement> StatusAsync() => await Process.Client.GetFromJsonAsync<JsonElement>("/edge/v1/updates", TestContext.Current.CancellationToken);

    public async Task<JsonElement> JobAsync(string id, string query = "") =>
        await Process.Client.GetFromJsonAsync<JsonElement>($"/edge/v1/jobs/{id}{query}", TestContext.Current.CancellationToken);

    public async Task<long> ReleaseAsync() => (await StatusAsync()).TryGetProperty("active", out var active) ? active.GetProperty("release").GetInt64() : 0;

    /// <returns>The version that answered.</returns>
    public async Task<string> InferAsync()
    {
        using var body = new StringContent(AddRequest);
        using var response = await Process.Client.PostAsync("/v2/models/add/infer", body, TestContext.Current.CancellationToken);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("model_version").GetString()!;
    }

    /// <summary>
    /// Every file by name and content but those a refused offer may touch: store, ingest and the journal that says why. Not
    /// counted are the offer itself and what other parts of the service write in their own time.
    /// </summary>
    public string[] Rest() => [.. Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories)
        .Select(p => Path.GetRelativePath(_root, p))
        .Where(p => !MayChange.Any(m => p.StartsWith(m, StringComparison.Ordinal)))
        .Select(p => $"{p} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(_root, p))))}").Order(StringComparer.Ordinal)];

    /// <summary>Puts a folder in as a stick of this name, all at once.</summary>
    /// <returns>Its layout.</returns>
    public string Plug(string layout, string name)
    {
        string stick = Directory.CreateDirectory(this["stick"]).FullName;
        Directory.Move(layout, Path.Combine(stick, "edgeserve"));
        Directory.Move(stick, Path.Combine(Media, name));
        return Path.Combine(Media, name, "edgeserve");
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        Office.Dispose();
        Directory.Delete(_root, recursive: true);
    }
}
