using System.Diagnostics.Metrics;
using System.Globalization;
using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Http.Metrics;

/// <summary>What waits in the outbox, and what the process writes to the disk, read when somebody asks.</summary>
internal sealed class TelemetryMetrics : IDisposable
{
    public const string MeterName = "EdgeServe.Telemetry";
    private const string ProcessIo = "/proc/self/io";
    private const string WriteBytes = "write_bytes: ";
    private readonly Meter _meter = new(MeterName);

    public TelemetryMetrics(TelemetryOutbox outbox)
    {
        _meter.CreateObservableGauge("edgeserve_telemetry_batches", () => Each(outbox, t => t.Batches), description: "Batches in the outbox without an acknowledgement, by class.");
        _meter.CreateObservableGauge("edgeserve_telemetry_bytes", () => Each(outbox, t => t.Bytes), description: "Bytes of them, compressed.");
        _meter.CreateObservableGauge("edgeserve_telemetry_bytes_limit", () => outbox.Options.MaxBytes, description: "Bound on the outbox; beyond, the least important oldest go.");
        _meter.CreateObservableCounter("edgeserve_telemetry_acknowledged_total", () => Each(outbox, t => t.AcknowledgedItems), description: "Items that somebody proved to have, since the first start.");
        _meter.CreateObservableCounter("edgeserve_telemetry_dropped_total", () => Each(outbox, t => t.DroppedItems), description: "Items given up, since the first start; each is declared to the receiver.");
        if (File.Exists(ProcessIo))
            _meter.CreateObservableCounter("edgeserve_disk_written_bytes_total", WrittenBytes, description: "Bytes the process caused to be written to disks: what wears a card out.");
    }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> Each(TelemetryOutbox outbox, Func<ClassTotals, long> value)
    {
        var totals = outbox.Totals;
        for (var kind = TelemetryClass.Alarm; kind <= TelemetryClass.Trace; kind++)
            yield return new Measurement<long>(value(totals[kind]), new KeyValuePair<string, object?>("class", Tombstone.Name(kind)));
    }

    private static long WrittenBytes()
    {
        try
        {
            string? line = File.ReadLines(ProcessIo).FirstOrDefault(l => l.StartsWith(WriteBytes, StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(WriteBytes.Length), CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
