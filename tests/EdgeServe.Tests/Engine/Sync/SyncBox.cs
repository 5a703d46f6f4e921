using System.Security.Cryptography.X509Certificates;
using EdgeServe.Engine.Bundles.Registry;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Sync;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.TestCollector;
using EdgeServe.Tests.Engine.Storage;
using EdgeServe.Tests.Engine.Telemetry.Outbox;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeServe.Tests.Engine.Sync;

/// <summary>A box with an outbox and its forwarder, and a collector over real sockets.</summary>
internal sealed class SyncBox : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly TempFolder _folder = new();
    private readonly SyncOptions _options;
    private readonly OutboxBox _box;
    private readonly TimeProvider _time;

    private SyncBox(OtlpCollector collector, SyncOptions options, TimeProvider time)
    {
        (Collector, _options, _time) = (collector, options, time);
        _box = new OutboxBox(_folder.Path, new OutboxOptions { MaxBytes = 1L << 30 });
        Endpoint = collector.Endpoint;
        (Tools, Forwarder) = Make();
    }

    public OtlpCollector Collector { get; private set; }

    public Uri? Endpoint { get; set; }

    public Forwarder Forwarder { get; private set; }

    public SyncTools Tools { get; private set; }

    public TelemetryOutbox Outbox => _box.Outbox;

    public string Folder => _folder.Path;

    public Ledger Ledger => Collector.Ledger;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>With nothing that makes a test wait.</summary>
    public static SyncOptions Quick { get; } = new() { Interval = TimeSpan.Zero, Spread = TimeSpan.Zero, Patience = TimeSpan.FromSeconds(1) };

    public static async Task<SyncBox> StartAsync(CollectorAnswer answer, SyncOptions? options = null, TimeProvider? time = null, X509Certificate2? certificate = null)
    {
        var collector = await OtlpCollector.StartAsync(certificate: certificate);
        collector.Answer = answer;
        var box = new SyncBox(collector, options ?? Quick, time ?? TimeProvider.System);
        await box.Forwarder.StartAsync(Stop);
        return box;
    }

    /// <summary>Sixteen batches, some of each class but traces.</summary>
    public async Task FillAsync(int records = 5)
    {
        await Forwarder.StopAsync(Stop);
        for (int i = 0; i < 16; i++)
            await _box.StoreAsync($"{i}.", (TelemetryClass)(i % 4), records);
        (Tools, Forwarder) = Make();
        await Forwarder.StartAsync(Stop);
    }

    public Task StoreAsync(string body, TelemetryClass kind = TelemetryClass.Log, int records = 1) => _box.StoreAsync(body, kind, records);

    public Task NowAsync() => Forwarder.NowAsync(Stop).WaitAsync(Patience);

    public Task WaitAsync(Func<Ledger, bool> holds) => Ledger.WaitAsync(holds, Patience, Stop);

    /// <summary>For what the forwarder says and does not signal.</summary>
    public async Task UntilAsync(Func<bool> holds)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        patience.CancelAfter(Patience);
        while (!holds())
            await Task.Delay(10, patience.Token);
    }

    /// <summary>Until what was acknowledged is deleted.</summary>
    public async Task EmptyAsync()
    {
        var empty = new TaskCompletionSource();
        void Look()
        {
            if (Outbox.Totals.Batches == 0)
                empty.TrySetResult();
        }

        Outbox.Changed += Look;
        Look();
        await empty.Task.WaitAsync(Patience, Stop);
        Outbox.Changed -= Look;
    }

    /// <summary>The program ends and begins again.</summary>
    public async Task RestartAsync()
    {
        await Forwarder.StopAsync(Stop);
        await _box.RestartAsync();
        (Tools, Forwarder) = Make();
        await Forwarder.StartAsync(Stop);
    }

    public async ValueTask DisposeAsync()
    {
        await Forwarder.StopAsync(CancellationToken.None);
        Forwarder.Dispose();
        await _box.DisposeAsync();
        await Collector.DisposeAsync();
        _folder.Dispose();
    }

    private (SyncTools, Forwarder) Make()
    {
        var clock = _box.Clock;
        var budget = new LinkBudget(_time, () => clock.Now, new DoubledFile(Path.Combine(_box.Data.Device, "sync-link")), _options.BytesPerSecond, _options.BytesPerDay);
        var tools = new SyncTools(_options, clock, _time, new SyncRecord(_box.Data.Device, clock), budget, NullLogger.Instance) { DeviceId = "box" };
        return (tools, new Forwarder(_box.Outbox, tools, () => Endpoint));
    }
}
