using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.TestCollector;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeServe.Tests.Engine.Telemetry.Outbox;

/// <summary>A box with nothing but an outbox, which can be switched off and on again.</summary>
internal sealed class OutboxBox : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly OutboxOptions _options;
    private readonly Func<bool> _disciplined;
    private DataDirectory _data;

    public OutboxBox(string folder, OutboxOptions? options = null, TimeProvider? time = null, Func<bool>? disciplined = null)
    {
        _time = time ?? TimeProvider.System;
        _options = options ?? new OutboxOptions();
        _disciplined = disciplined ?? (() => false);
        _data = new DataDirectory(folder);
        (Clock, Outbox) = Start();
    }

    /// <summary>Of the boots to come.</summary>
    public string Boot { get; set; } = "boot-1";

    public DeviceClock Clock { get; private set; }

    public TelemetryOutbox Outbox { get; private set; }

    public DataDirectory Data => _data;

    /// <summary>Everything there is, as a receiver would see it.</summary>
    public Ledger Received()
    {
        var ledger = new Ledger();
        foreach (var batch in All)
            ledger.Keep(Decode(batch));
        return ledger;
    }

    public IReadOnlyList<OutboxBatch> All => Outbox.Pending(int.MaxValue, long.MaxValue);

    public static byte[] Request(string body, int records = 1, string name = "test")
    {
        var logs = new OtlpLogs();
        logs.Begin("EdgeServe.Tests");
        for (int i = 0; i < records; i++)
        {
            logs.BeginRecord(name, 9, 1_000, body);
            logs.Attribute("number", i);
            logs.EndRecord();
        }

        return logs.End();
    }

    public void Add(string body, TelemetryClass kind = TelemetryClass.Log, int records = 1) =>
        Assert.True(Outbox.Add(kind, OtlpSignal.Logs, records, Request(body, records)));

    public async Task StoreAsync(string body, TelemetryClass kind = TelemetryClass.Log, int records = 1)
    {
        Add(body, kind, records);
        await Outbox.FlushAsync();
    }

    public Export Decode(OutboxBatch batch) => Export.Decode(batch.Signal.ToString().ToLowerInvariant(), Outbox.ReadPayload(batch)!, "gzip");

    /// <summary>Between two runs of the program.</summary>
    public async Task RestartAsync(Action? between = null)
    {
        await StopAsync();
        between?.Invoke();
        _data = new DataDirectory(_data.Path);
        (Clock, Outbox) = Start();
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task StopAsync()
    {
        await Outbox.DisposeAsync();
        Clock.Save();
        _data.Dispose();
    }

    private (DeviceClock, TelemetryOutbox) Start()
    {
        _data.Take();
        var clock = new DeviceClock(_time, _data.Device, Boot, TimeSpan.FromSeconds(100), _disciplined);
        var outbox = new TelemetryOutbox(_data, _options, clock, new DeviceIdentity(_data.Device), _time, NullLogger<TelemetryOutbox>.Instance);
        outbox.Start();
        return (clock, outbox);
    }
}
