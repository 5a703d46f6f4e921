using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Telemetry.Outbox;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeServe.Benchmarks;

/// <summary>A data directory with a backlog of telemetry that cannot be compressed, closed cleanly.</summary>
internal static class OutboxFill
{
    public static async Task WriteAsync(string directory, long bytes, int batchBytes)
    {
        using var data = new DataDirectory(directory);
        data.Take();
        var clock = new DeviceClock(TimeProvider.System, data.Device, "bench", TimeSpan.FromSeconds(100), () => false);
        var options = new OutboxOptions { MaxBytes = 2 * bytes };
        await using (var outbox = new TelemetryOutbox(data, options, clock, new DeviceIdentity(data.Device), TimeProvider.System, NullLogger<TelemetryOutbox>.Instance))
        {
            outbox.Start();
            byte[] body = new byte[batchBytes];
            var logs = new OtlpLogs();
            for (long written = 0; written < bytes; written += batchBytes)
            {
                Random.Shared.NextBytes(body);
                logs.Begin("EdgeServe.Benchmarks");
                logs.BeginRecord("backlog", 9, 1_800_000_000_000, body);
                logs.EndRecord();
                if (!outbox.Add(TelemetryClass.Record, OtlpSignal.Logs, 1, logs.End()))
                    throw new InvalidOperationException("the outbox did not take it");
                await outbox.FlushAsync();
            }
        }

        clock.Save();
    }
}
