using EdgeServe.Engine.Audit;

namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>
/// What one transaction does with the outbox: numbers, stamps and compresses what came in, keeps the byte budget, and
/// declares in a tombstone of the same transaction whatever it gives up.
/// </summary>
internal sealed class OutboxCommit(OutboxSession session, OutboxOptions options, string deviceId, OutboxMoment now, AuditHead? audit = null)
{
    private const int MostBatchBytes = 1 << 20;
    private readonly List<OutboxDrop> _drops = [];
    private readonly ProtoWriter _writer = new();

    /// <summary>Stores what waited in memory. Does nothing when an earlier try, whose outcome nobody knew, did it.</summary>
    public void Store(OutboxAttempt attempt)
    {
        if (session.Counter("store") == attempt.Id)
            return;
        if (ClockLedger.Look(session, now, attempt.Entries.Select(e => e.Moment.DeviceMs).Append(now.DeviceMs).Min()) is { } clock)
            Put([clock], 0, 1);
        for (int i = 0; i < attempt.Entries.Count;)
        {
            int end = i + 1;
            long bytes = attempt.Entries[i].Request.Length;
            while (end < attempt.Entries.Count && attempt.Entries[end].Fits(attempt.Entries[i]) && bytes + attempt.Entries[end].Request.Length <= MostBatchBytes)
                bytes += attempt.Entries[end++].Request.Length;
            Put(attempt.Entries, i, end);
            i = end;
        }

        foreach (var drop in attempt.Drops)
            Declare(drop);
        KeepBudget(options.MaxBytes, DropReason.Budget);
        Finish();
        session.SetCounter("store", attempt.Id);
    }

    /// <summary>The least important oldest go until this much is left, or a tenth less once something has to.</summary>
    public void KeepBudget(long maxBytes, DropReason reason)
    {
        if (session.Bytes <= maxBytes)
            return;
        long goal = maxBytes - (maxBytes / 10);
        for (var kind = TelemetryClass.Trace; kind >= TelemetryClass.Alarm && session.Bytes > goal; kind--)
        {
            for (var oldest = session.Oldest(kind); oldest.Count > 0 && session.Bytes > goal; oldest = session.Oldest(kind))
                Drop(oldest, reason, goal);
        }
    }

    /// <summary>One batch goes for a reason of its own.</summary>
    public void Drop(OutboxBatch batch, DropReason reason)
    {
        if (session.Find(batch) is { } stored)
            Drop([stored], reason, goal: -1);
    }

    /// <summary>Pieces take the place of a batch.</summary>
    public List<OutboxBatch> Split(OutboxBatch batch, IReadOnlyList<OutboxPiece> pieces)
    {
        var made = new List<OutboxBatch>();
        if (session.Find(batch) is not { } stored)
            return made;
        session.Delete(stored);
        for (int i = 0; i < pieces.Count; i++)
        {
            string part = $"{(stored.Part.Length > 0 ? stored.Part + "." : "")}{i + 1}/{pieces.Count}";
            _writer.Clear();
            if (!ResourceStamp.TryWrite(pieces[i].Request, Stamp(stored.Sequence, part, stored.Moment, stored.Epoch), _writer))
                throw new ArgumentException($"piece {i + 1} of batch {stored.Epoch}/{stored.Sequence} is no OTLP request", nameof(pieces));
            byte[] payload = Gzip.Compress(_writer.Written);
            var piece = stored with { Part = part, Items = pieces[i].Items, Bytes = payload.Length, Sent = false };
            session.Insert(piece, payload);
            made.Add(piece);
        }

        return made;
    }

    /// <summary>Counts it, and declares it when this is finished.</summary>
    public void Declare(OutboxDrop drop)
    {
        if (drop.Class is { } kind)
            session.CountDropped(kind, drop.Items);
        _drops.Add(drop);
    }

    /// <summary>Writes the tombstone, if there is something to declare.</summary>
    public void Finish()
    {
        if (_drops.Count == 0)
            return;
        var tombstone = Tombstone.Of(_drops, now);
        long sequence = Put([tombstone], 0, 1);
        foreach (var drop in _drops)
            session.PutDrop(sequence, drop);
        _drops.Clear();
    }

    /// <summary>One batch of entries that fit.</summary>
    /// <returns>Its number; 0: none of it was an OTLP request.</returns>
    private long Put(IReadOnlyList<OutboxEntry> entries, int from, int to)
    {
        // The number is taken once there is something to give it to.
        long sequence = session.Sequence + 1;
        var moment = entries[from].Moment;
        var stamp = Stamp(sequence, "", moment, session.Epoch);
        int items = 0;
        _writer.Clear();
        for (int i = from; i < to; i++)
        {
            if (ResourceStamp.TryWrite(entries[i].Request, stamp, _writer))
                items += entries[i].Items;
            else
                Declare(new OutboxDrop(0, entries[i].Class, DropReason.Malformed, "", entries[i].Items));
        }

        if (_writer.Length == 0)
            return 0;
        byte[] payload = Gzip.Compress(_writer.Written);
        session.NextSequence();
        session.Insert(new OutboxBatch(session.Epoch, sequence, "", entries[from].Class, entries[from].Signal, items, payload.Length, moment, Sent: false), payload);
        return sequence;
    }

    private void Drop(List<OutboxBatch> oldest, DropReason reason, long goal)
    {
        foreach (var epoch in oldest.GroupBy(b => b.Epoch))
        {
            var ranges = new OutboxRanges();
            long items = 0;
            foreach (var batch in epoch.TakeWhile(_ => session.Bytes > goal))
            {
                session.Delete(batch);
                // What a tombstone declared is declared anew.
                var declared = batch.Class == TelemetryClass.Alarm ? session.TakeDrops(batch) : [];
                _drops.AddRange(declared);
                ranges.Add(batch.Sequence, batch.Part);
                items += batch.Items;
            }

            if (items > 0)
                Declare(new OutboxDrop(epoch.Key, oldest[0].Class, reason, ranges.ToString(), items));
        }
    }

    private BatchStamp Stamp(long sequence, string part, OutboxMoment moment, long epoch) =>
        new(deviceId, options.ServiceName, options.ServiceVersion, epoch, sequence, part, moment) { Audit = audit };
}
