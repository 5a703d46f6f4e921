using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Telemetry;

/// <summary>
/// Where the SDK's exporters hand over. Logging is there before the outbox, which logs itself: until the outbox is
/// attached, what comes is counted and declared as soon as it is.
/// </summary>
internal sealed class OtlpSink
{
    private readonly long[] _early = new long[OutboxTotals.Classes];
    private volatile TelemetryOutbox? _outbox;

    public void Attach(TelemetryOutbox outbox)
    {
        _outbox = outbox;
        for (int kind = 0; kind < _early.Length; kind++)
        {
            if (Interlocked.Exchange(ref _early[kind], 0) is > 0 and var items)
                outbox.CountDropped((TelemetryClass)kind, DropReason.Overflow, items);
        }
    }

    public void Add(TelemetryClass kind, OtlpSignal signal, byte[] request)
    {
        int items = OtlpSplit.Count(request);
        if (items == 0)
            return;
        if (_outbox is { } outbox)
            outbox.Add(kind, signal, Math.Max(1, items), request);
        else
            CountDropped(kind, Math.Max(1, items));
    }

    public void CountDropped(TelemetryClass kind, long items)
    {
        if (_outbox is { } outbox)
            outbox.CountDropped(kind, DropReason.Overflow, items);
        else
            Interlocked.Add(ref _early[(int)kind], items);
    }
}
