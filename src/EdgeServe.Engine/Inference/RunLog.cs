namespace EdgeServe.Engine.Inference;

/// <summary>
/// Requests noted for whoever listens: a page of slots, filled without a lock or an allocation. When the page is full
/// nothing is noted until the listener opens the next; the statistics count what is not noted.
/// </summary>
internal sealed class RunLog
{
    private readonly RunRecord[] _first;
    private readonly RunRecord[] _second;
    private volatile Page _page;

    /// <param name="capacity">Most slots of a page. None is open yet.</param>
    public RunLog(int capacity)
    {
        _first = new RunRecord[capacity];
        _second = new RunRecord[capacity];
        _page = new Page(_first, 0);
    }

    public int Capacity => _first.Length;

    /// <summary>Is noting worth the trouble? Costs one read.</summary>
    public bool HasRoom => _page.HasRoom;

    /// <summary>The first slot of a page was filled. On the thread that serves: hand on, do not work.</summary>
    public event Action? Began;

    /// <summary>Notes it when there is a slot.</summary>
    public void Add(in RunRecord record)
    {
        if (_page.Add(record) == 0)
            Began?.Invoke();
    }

    /// <summary>Takes what was noted; nothing is noted until a page is opened. For one listener.</summary>
    /// <returns>Valid until the next but one is closed.</returns>
    public ReadOnlySpan<RunRecord> Close() => _page.Close();

    /// <summary>Noting goes on in a page of this many slots, or of as many as there are.</summary>
    public void Open(int slots)
    {
        var next = ReferenceEquals(_page.Slots, _first) ? _second : _first;
        Array.Clear(next);
        _page = new Page(next, Math.Clamp(slots, 0, next.Length));
    }

    /// <summary>Slots [0, limit): a ticket for each, and a count of those that are written.</summary>
    private sealed class Page(RunRecord[] slots, int limit)
    {
        private int _tickets;
        private int _written;

        public RunRecord[] Slots => slots;

        public bool HasRoom => Volatile.Read(ref _tickets) < limit;

        /// <returns>The slot; -1: there was none.</returns>
        public int Add(in RunRecord record)
        {
            int slot = Interlocked.Increment(ref _tickets) - 1;
            if (slot >= limit || slot < 0)
                return -1;
            slots[slot] = record;
            Interlocked.Increment(ref _written);
            return slot;
        }

        public ReadOnlySpan<RunRecord> Close()
        {
            // Whoever comes late finds no slot; whoever has one is about to write it.
            int taken = Math.Min(Interlocked.Exchange(ref _tickets, int.MaxValue / 2), limit);
            var wait = new SpinWait();
            while (Volatile.Read(ref _written) < taken)
                wait.SpinOnce();
            return slots.AsSpan(0, taken);
        }
    }
}
