using EdgeServe.AcceptanceTests.Jobs;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.TestCollector;

namespace EdgeServe.AcceptanceTests.Sync;

/// <summary>The real program, a data directory that outlives it, and a collector.</summary>
internal sealed class SyncedBox : IAsyncDisposable
{
    private readonly ModelFolder _models = new ModelFolder().AddShipped("breast-cancer");
    private readonly DataFolder _data = new();
    private readonly Dictionary<string, string?> _environment;

    private SyncedBox(OtlpCollector collector)
    {
        Collector = collector;
        _environment = new Dictionary<string, string?>
        {
            ["EDGESERVE__Sync__Endpoint"] = collector.Endpoint.ToString(),
            ["EDGESERVE__Sync__IntervalSeconds"] = "0",
            ["EDGESERVE__Sync__SpreadSeconds"] = "0",
            ["EDGESERVE__Sync__PatienceSeconds"] = "5",
            ["EDGESERVE__Telemetry__CommitSeconds"] = "1",
            ["EDGESERVE__Updates__MediaDirectory"] = "",
        };
    }

    public OtlpCollector Collector { get; }

    public EdgeServeProcess Process { get; private set; } = null!;

    public static async Task<SyncedBox> StartAsync(CollectorAnswer answer)
    {
        var collector = await OtlpCollector.StartAsync();
        collector.Answer = answer;
        var box = new SyncedBox(collector);
        await box.StartAsync();
        return box;
    }

    public async Task StartAsync() => Process = await EdgeServeProcess.StartAsync(new ServerStart(_models.Path) { Data = _data.Path, Environment = _environment });

    public async Task RestartAsync()
    {
        Assert.Equal(0, await Process.StopAsync());
        await Process.DisposeAsync();
        await StartAsync();
    }

    public async Task InferAsync() => Assert.Equal(200, (await Process.Client.InferAsync("breast-cancer", Requests.BreastCancer)).Status);

    public Task<(int ExitCode, string Output, string Error)> VerbAsync(params string[] arguments) => EdgeServeProcess.RunAsync(_environment, [.. arguments, "--data", _data.Path]);

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        await Collector.DisposeAsync();
        _data.Dispose();
        _models.Dispose();
    }
}
