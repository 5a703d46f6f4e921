using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Sync;

/// <summary>What was sent since the process began.</summary>
internal sealed class SyncCounters
{
    private readonly long[] _posts = new long[Enum.GetValues<ExportOutcome>().Length];
    private readonly long[] _sent = new long[OutboxTotals.Classes];
    private long _bytes;
    private long _rejected;

    /// <summary>Posts by what became of them.</summary>
    public long this[ExportOutcome outcome] => Interlocked.Read(ref _posts[(int)outcome]);

    /// <summary>Posts of one class, whatever became of them.</summary>
    public long Sent(TelemetryClass kind) => Interlocked.Read(ref _sent[(int)kind]);

    /// <summary>Of payloads, posted again too.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Rows that a collector took the batch of, and not them.</summary>
    public long Rejected => Interlocked.Read(ref _rejected);

    public void Count(TelemetryClass kind, int bytes, ExportAnswer answer)
    {
        Interlocked.Increment(ref _posts[(int)answer.Outcome]);
        Interlocked.Increment(ref _sent[(int)kind]);
        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Add(ref _rejected, answer.Rejected);
    }
}
