using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.TestCollector;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeServe.AcceptanceTests.Telemetry;

/// <summary>The outbox of a service that has ended, read by the program's own code and decoded by the collector's.</summary>
internal sealed class StoredTelemetry : IAsyncDisposable
{
    private readonly DataDirectory _data;
    private readonly TelemetryOutbox _outbox;

    private StoredTelemetry(DataDirectory data, TelemetryOutbox outbox) => (_data, _outbox) = (data, outbox);

    public IReadOnlyList<OutboxBatch> Batches => _outbox.Pending(int.MaxValue, long.MaxValue);

    public static async Task<StoredTelemetry> OpenAsync(string path)
    {
        var data = new DataDirectory(path);
        data.Take();
        var outbox = new TelemetryOutbox(
            data, new OutboxOptions(), DeviceClock.Of(TimeProvider.System, data.Device), new DeviceIdentity(data.Device), TimeProvider.System, NullLogger<TelemetryOutbox>.Instance);
        outbox.Start();
        await outbox.MarkSentAsync([]);
        return new StoredTelemetry(data, outbox);
    }

    public Export Decode(OutboxBatch batch) => Export.Decode(batch.Signal.ToString().ToLowerInvariant(), _outbox.ReadPayload(batch)!, "gzip");

    public Ledger Received()
    {
        var ledger = new Ledger();
        foreach (var batch in Batches)
            ledger.Keep(Decode(batch));
        return ledger;
    }

    public async ValueTask DisposeAsync()
    {
        await _outbox.DisposeAsync();
        _data.Dispose();
    }
}
