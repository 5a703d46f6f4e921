namespace EdgeServe.TestCollector;

/// <summary>What a receiver holds after it dropped duplicates, and what it sees to be missing.</summary>
public sealed class Ledger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<BatchId, Export> _kept = [];
    private readonly List<string> _invalid = [];
    private int _duplicates;
    private long _bytes;

    /// <summary>One a batch, in the order they came.</summary>
    public IReadOnlyList<Export> Kept
    {
        get
        {
            lock (_gate)
                return [.. _kept.Values];
        }
    }

    /// <summary>Batches that came again.</summary>
    public int Duplicates => Volatile.Read(ref _duplicates);

    /// <summary>Compressed bytes of all that was kept, duplicates too.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>What was no OTLP, with the reason: a good sender leaves none.</summary>
    public IReadOnlyList<string> Invalid
    {
        get
        {
            lock (_gate)
                return [.. _invalid];
        }
    }

    /// <summary>Something was kept.</summary>
    public event Action? Changed;

    public void Keep(Export export)
    {
        if (export.IsEmpty)
            return;
        lock (_gate)
        {
            if (!_kept.TryAdd(export.Id, export))
                _duplicates++;
            _bytes += export.Content.Length;
        }

        Changed?.Invoke();
    }

    public void Refuse(Exception reason)
    {
        lock (_gate)
            _invalid.Add(reason.Message);
    }

    /// <summary>
    /// Sequences from the first to the last of a device's epoch that neither came nor were declared given up; of a batch that
    /// was split, every piece must have done one or the other.
    /// </summary>
    public IReadOnlyList<string> Gaps()
    {
        var gaps = new List<string>();
        var kept = Kept;
        var declared = Tombstone.In(kept).ToArray();
        foreach (var epoch in kept.GroupBy(e => (e.Id.Device, e.Id.Epoch)))
        {
            var came = epoch.ToLookup(e => e.Id.Sequence, e => e.Id.Part);
            for (long sequence = 1; sequence <= epoch.Max(e => e.Id.Sequence); sequence++)
            {
                var known = came[sequence].Concat(declared.Where(t => t.Covers(epoch.Key.Device, epoch.Key.Epoch, sequence)).Select(t => t.Part)).ToHashSet();
                if (!IsComplete("", known))
                    gaps.Add($"{epoch.Key.Device}/{epoch.Key.Epoch}/{sequence}");
            }
        }

        return gaps;
    }

    /// <summary>Is this piece there, or all that it was split into?</summary>
    private static bool IsComplete(string part, HashSet<string> known)
    {
        if (known.Contains(part))
            return true;
        string before = part.Length == 0 ? "" : part + ".";
        if (known.FirstOrDefault(k => k.StartsWith(before, StringComparison.Ordinal) && k.Length > before.Length) is not { } some)
            return false;
        int pieces = int.Parse(some[before.Length..].Split('.')[0].Split('/')[1], System.Globalization.CultureInfo.InvariantCulture);
        return Enumerable.Range(1, pieces).All(i => IsComplete($"{before}{i}/{pieces}", known));
    }

    /// <summary>Returns when it holds, by the signal of what comes in.</summary>
    public async Task WaitAsync(Func<Ledger, bool> holds, TimeSpan patience, CancellationToken cancellation)
    {
        var signal = new SemaphoreSlim(0);
        void Wake() => signal.Release();
        Changed += Wake;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        try
        {
            while (!holds(this))
                await signal.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"{Kept.Count} batches, {Duplicates} duplicates, {Invalid.Count} invalid after {patience.TotalSeconds:F0} s");
        }
        finally
        {
            Changed -= Wake;
        }
    }
}
