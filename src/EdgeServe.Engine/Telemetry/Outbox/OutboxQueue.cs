namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>What waits in memory for the next commit: bounded; when it is full the least important goes, the oldest first, counted.</summary>
internal sealed class OutboxQueue(long maxBytes)
{
    private readonly Lock _gate = new();
    private readonly List<OutboxEntry>[] _waiting = [.. Enumerable.Range(0, OutboxTotals.Classes).Select(_ => new List<OutboxEntry>())];
    private readonly Dictionary<(TelemetryClass Class, DropReason Reason), long> _dropped = [];
    private long _bytes;

    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _bytes == 0 && _dropped.Count == 0;
        }
    }

    /// <returns>False when it, and not something else, was given up.</returns>
    public bool Add(OutboxEntry entry)
    {
        lock (_gate)
        {
            _waiting[(int)entry.Class].Add(entry);
            _bytes += entry.Request.Length;
            return MakeRoom(entry);
        }
    }

    /// <summary>Counts what was lost before it came here.</summary>
    public void Count(TelemetryClass kind, DropReason reason, long items)
    {
        lock (_gate)
            _dropped[(kind, reason)] = _dropped.GetValueOrDefault((kind, reason)) + items;
    }

    /// <summary>Everything, most important first; the queue is empty then.</summary>
    public (List<OutboxEntry> Entries, List<OutboxDrop> Drops) Take()
    {
        lock (_gate)
        {
            List<OutboxEntry> entries = [.. _waiting.SelectMany(w => w)];
            List<OutboxDrop> drops = [.. _dropped.Select(d => new OutboxDrop(0, d.Key.Class, d.Key.Reason, "", d.Value))];
            Array.ForEach(_waiting, w => w.Clear());
            _dropped.Clear();
            _bytes = 0;
            return (entries, drops);
        }
    }

    private bool MakeRoom(OutboxEntry newest)
    {
        bool kept = true;
        for (int kind = OutboxTotals.Classes - 1; kind >= 0 && _bytes > maxBytes; kind--)
        {
            while (_bytes > maxBytes && _waiting[kind].Count > 0)
            {
                var oldest = _waiting[kind][0];
                _waiting[kind].RemoveAt(0);
                _bytes -= oldest.Request.Length;
                Count(oldest.Class, DropReason.Overflow, oldest.Items);
                kept &= !ReferenceEquals(oldest, newest);
            }
        }

        return kept;
    }
}
