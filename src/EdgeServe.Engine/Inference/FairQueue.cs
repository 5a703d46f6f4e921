namespace EdgeServe.Engine.Inference;

/// <summary>
/// What waits for one model version, in a lane for each owner (a key; programs on the box are one). Inside a lane the
/// order is by due time. Between lanes it is start-time fair queueing: the lane that had least goes first, counted in bytes
/// of input, and each level of priority below the highest makes a byte twice as dear. So one owner's flood, whatever
/// priority it claims, delays another's single request by one run and not by the flood; who comes back from a pause has
/// saved up nothing. With one owner there is one lane and nothing to choose.
/// <para>Not thread-safe but for <see cref="Waiting"/>: the scheduler's gate guards it.</para>
/// </summary>
internal sealed class FairQueue
{
    private const int DeadBeforeSweep = 1024;
    private const int MostLevels = 10;
    private const int SpareLanes = 16;

    private readonly List<OwnerLane> _lanes = [];
    private readonly Stack<OwnerLane> _spare = new();
    private OwnerLane? _next;
    private long _clock;
    private long _order;
    private int _dead;
    private volatile int _waiting;

    /// <summary>Requests that wait; abandoned ones do not count.</summary>
    public int Waiting => _waiting;

    /// <param name="item">Waits from now on.</param>
    /// <param name="due">Sort key inside its owner's lane.</param>
    public void Enqueue(WorkItem item, long due)
    {
        var lane = LaneOf(item.Request.Owner) ?? Open(item.Request.Owner);
        lane.Items.Enqueue(item, (due, _order++));
        lane.Waiting++;
        _waiting++;
        item.Lane = lane;
    }

    /// <summary>The one whose turn it is.</summary>
    public bool TryPeek(out WorkItem item)
    {
        _next = null;
        (long Due, long Order) nextHead = default;
        for (int i = _lanes.Count - 1; i >= 0; i--)
        {
            var lane = _lanes[i];
            if (!TryHead(lane, out var head))
            {
                Close(i);
                continue;
            }

            if (_next is null || lane.Start < _next.Start || (lane.Start == _next.Start && head.CompareTo(nextHead) < 0))
                (_next, nextHead) = (lane, head);
        }

        item = _next?.Items.Peek()!;
        return _next is not null;
    }

    /// <summary>Takes the one that was peeked at; nothing may have come in between.</summary>
    public WorkItem Take()
    {
        var lane = _next!;
        var item = lane.Items.Dequeue();
        _clock = Math.Max(_clock, lane.Start);
        lane.Start += Cost(item.Request);
        Leave(item, lane);
        return item;
    }

    /// <summary>It was completed while it waited: it no longer counts, and is swept out when many such pile up.</summary>
    public void Abandon(WorkItem item)
    {
        if (item.Lane is not { } lane)
            return;
        Leave(item, lane);
        if (++_dead < DeadBeforeSweep)
            return;
        _dead = 0;
        foreach (var swept in _lanes)
        {
            var kept = swept.Items.UnorderedItems.Where(i => i.Element.Lane is not null).ToArray();
            swept.Items.Clear();
            swept.Items.EnqueueRange(kept);
        }
    }

    /// <summary>
    /// Makes room in a full queue for an owner who holds less than another: the last in line of whoever holds most gives
    /// way. Places go round until all who ask hold the same.
    /// </summary>
    /// <param name="owner">Who asks.</param>
    /// <param name="displaced">To be refused in its stead.</param>
    public bool TryDisplace(string owner, out WorkItem displaced)
    {
        displaced = null!;
        int own = LaneOf(owner)?.Waiting ?? 0;
        var most = _lanes.MaxBy(l => l.Waiting);
        if (most is null || most.Waiting <= own + 1)
            return false;
        (long Due, long Order) last = (long.MinValue, 0);
        foreach (var (element, place) in most.Items.UnorderedItems)
        {
            if (element.Lane is not null && place.CompareTo(last) > 0)
                (displaced, last) = (element, place);
        }

        most.Items.Remove(displaced, out _, out _, ReferenceEqualityComparer.Instance);
        Leave(displaced, most);
        return true;
    }

    /// <summary>All that wait; none does afterwards.</summary>
    public List<WorkItem> Clear()
    {
        List<WorkItem> all = [.. _lanes.SelectMany(l => l.Items.UnorderedItems).Select(i => i.Element)];
        all.ForEach(i => i.Lane = null);
        _lanes.Clear();
        _waiting = 0;
        return all;
    }

    private OwnerLane? LaneOf(string owner)
    {
        foreach (var lane in _lanes)
        {
            if (ReferenceEquals(lane.Owner, owner) || lane.Owner == owner)
                return lane;
        }

        return null;
    }

    private OwnerLane Open(string owner)
    {
        if (!_spare.TryPop(out var lane))
            lane = new OwnerLane();
        lane.Owner = owner;
        lane.Start = _clock;
        _lanes.Add(lane);
        return lane;
    }

    private void Close(int index)
    {
        if (_spare.Count < SpareLanes)
            _spare.Push(_lanes[index]);
        _lanes.RemoveAt(index);
    }

    private bool TryHead(OwnerLane lane, out (long Due, long Order) place)
    {
        while (lane.Items.TryPeek(out var head, out place))
        {
            if (head is { Lane: not null, IsCompleted: false })
                return true;
            lane.Items.Dequeue();
            if (head.Lane is not null)
                Leave(head, lane);
        }

        return false;
    }

    private void Leave(WorkItem item, OwnerLane lane)
    {
        item.Lane = null;
        lane.Waiting--;
        _waiting--;
    }

    private static long Cost(InferRequest request) =>
        Math.Max(1, request.InputBytes) << (int)(Math.Min(ModelScheduler.PriorityOf(request), MostLevels) - 1);
}
