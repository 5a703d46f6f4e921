namespace EdgeServe.Engine.Sync;

/// <summary>
/// The state machine. What a collector answers moves it by the table of <see cref="After"/>; an operator's hold stands
/// above all answers until it is let go.
/// </summary>
internal sealed class Connectivity
{
    private static readonly Standing Untried = new(ConnectivityState.Offline, SyncReason.NotTried, "");
    private static readonly Standing ByOperator = new(ConnectivityState.Held, SyncReason.Operator, "");
    private readonly Lock _gate = new();
    private Standing _answered = Untried;
    private bool _held;

    public Connectivity(bool held) => _held = held;

    public Standing Current
    {
        get
        {
            lock (_gate)
                return _held ? ByOperator : _answered;
        }
    }

    /// <summary>The standing is another, in state or reason. On the thread that moved it.</summary>
    public event Action<Standing>? Changed;

    /// <summary>What an outcome moves it to; null: it says nothing about the way to the collector.</summary>
    public static (ConnectivityState State, SyncReason Reason)? After(ExportOutcome outcome) => outcome switch
    {
        ExportOutcome.Acknowledged or ExportOutcome.PartiallyAccepted => (ConnectivityState.Online, SyncReason.Accepted),
        ExportOutcome.Throttled or ExportOutcome.Unavailable => (ConnectivityState.Online, SyncReason.Busy),
        ExportOutcome.Unauthorized => (ConnectivityState.Held, SyncReason.Unauthorized),
        ExportOutcome.WrongEndpoint => (ConnectivityState.Held, SyncReason.WrongEndpoint),
        ExportOutcome.EverythingRefused => (ConnectivityState.Held, SyncReason.EverythingRefused),
        ExportOutcome.CaptivePortal => (ConnectivityState.Portal, SyncReason.CaptivePortal),
        ExportOutcome.Unreachable => (ConnectivityState.Offline, SyncReason.Unreachable),
        ExportOutcome.Untrusted => (ConnectivityState.Offline, SyncReason.Untrusted),
        ExportOutcome.Unproven => (ConnectivityState.Offline, SyncReason.BreaksOff),
        // One row, or its size.
        _ => null,
    };

    public void Apply(ExportAnswer answer)
    {
        if (After(answer.Outcome) is { } next)
            Move(new Standing(next.State, next.Reason, answer.IsProven ? "" : answer.Detail));
    }

    /// <summary>Something else than an answer.</summary>
    public void Move(Standing to)
    {
        Standing before, now;
        lock (_gate)
        {
            before = _held ? ByOperator : _answered;
            _answered = to;
            now = _held ? ByOperator : _answered;
        }

        Tell(before, now);
    }

    public void Hold(bool held)
    {
        Standing before, now;
        lock (_gate)
        {
            before = _held ? ByOperator : _answered;
            _held = held;
            // What was so before the hold may be long over.
            if (before == ByOperator && !held)
                _answered = Untried;
            now = _held ? ByOperator : _answered;
        }

        Tell(before, now);
    }

    private void Tell(Standing before, Standing now)
    {
        if (before.State != now.State || before.Reason != now.Reason)
            Changed?.Invoke(now);
    }
}
