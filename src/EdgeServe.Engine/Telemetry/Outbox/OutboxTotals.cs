namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>What there is in the outbox, as of the last commit. Never changes.</summary>
internal sealed class OutboxTotals(long epoch, long sequence, ReadOnlySpan<ClassTotals> classes)
{
    public const int Classes = (int)TelemetryClass.Trace + 1;
    private readonly ClassTotals[] _classes = classes.ToArray();

    public static OutboxTotals Empty { get; } = new(0, 0, new ClassTotals[Classes]);

    public long Epoch => epoch;

    /// <summary>Of the newest batch.</summary>
    public long Sequence => sequence;

    public ClassTotals this[TelemetryClass kind] => _classes[(int)kind];

    /// <summary>Of all stored payloads, compressed.</summary>
    public long Bytes => _classes.Sum(c => c.Bytes);

    /// <summary>Stored, without an acknowledgement.</summary>
    public long Batches => _classes.Sum(c => c.Batches);
}
