using EdgeServe.Engine.Device;
using EdgeServe.Engine.Telemetry.Outbox;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace EdgeServe.Engine.Telemetry;

/// <summary>
/// Step 1 of the telemetry flow for logs: by its event id each goes the way of alarms, of records or of plain logs. Each
/// carries its id and the device's running time: the wall clock beside it may be wrong.
/// </summary>
internal sealed class LogRouter : BaseProcessor<LogRecord>
{
    public const string EventId = "edgeserve.event.id";
    private static readonly TimeSpan AlarmInterval = TimeSpan.FromSeconds(1);
    private readonly DeviceClock _clock;
    private readonly (ExportGate Gate, BaseProcessor<LogRecord> Processor)[] _lanes;

    public LogRouter(OtlpSink sink, DeviceClock clock, TimeSpan interval)
    {
        _clock = clock;
        _lanes = [Lane(sink, TelemetryClass.Alarm, AlarmInterval), Lane(sink, TelemetryClass.Record, interval), Lane(sink, TelemetryClass.Log, interval)];
    }

    /// <summary>Events of updates, enrolment and sticks, and whatever of ours is an error, are alarms; other events of jobs and updates are records.</summary>
    public static TelemetryClass ClassOf(int id, LogLevel level) => id switch
    {
        >= 1000 and < 8000 when level >= LogLevel.Error => TelemetryClass.Alarm,
        // What became of an offer; that a source had nothing newer is worth less.
        6001 or 6002 or 6004 or 6210 or 6212 or 6215 => TelemetryClass.Alarm,
        // A model drifts, or no longer does.
        7301 or 7302 => TelemetryClass.Alarm,
        >= 5000 and < 7000 => TelemetryClass.Record,
        _ => TelemetryClass.Log,
    };

    public override void OnEnd(LogRecord data)
    {
        var (gate, processor) = _lanes[(int)ClassOf(data.EventId.Id, data.LogLevel)];
        if (!gate.TryEnter())
            return;
        data.Attributes =
        [
            .. data.Attributes?.Where(a => a.Key != "{OriginalFormat}") ?? [],
            new(EventId, (long)data.EventId.Id),
            new(OtlpNames.DeviceMs, _clock.Now),
        ];
        processor.OnEnd(data);
    }

    protected override bool OnForceFlush(int timeoutMilliseconds) => Array.TrueForAll(_lanes, l => l.Processor.ForceFlush(timeoutMilliseconds));

    protected override bool OnShutdown(int timeoutMilliseconds) => Array.TrueForAll(_lanes, l => l.Processor.Shutdown(timeoutMilliseconds));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Array.ForEach(_lanes, l => l.Processor.Dispose());
        base.Dispose(disposing);
    }

    private static (ExportGate, BaseProcessor<LogRecord>) Lane(OtlpSink sink, TelemetryClass kind, TimeSpan interval)
    {
        var gate = new ExportGate(sink, kind);
        return (gate, OtlpExporters.Logs(sink, kind, gate, interval));
    }
}
