using System.Threading.Tasks.Sources;
using EdgeServe.Engine.Sessions;

namespace EdgeServe.Engine.Inference;

/// <summary>
/// A request in a model's queue. Completed exactly once: by the run, by its deadline, by its client leaving, or by shutdown.
/// The client's answer never waits for an engine that cannot be stopped: the run holds its own references to the tensors.
/// </summary>
internal sealed class WorkItem : IValueTaskSource<RunOutputs>
{
    private ManualResetValueTaskSourceCore<RunOutputs> _source = new() { RunContinuationsAsynchronously = true };
    private int _completed;
    private ITimer? _deadline;
    private CancellationTokenRegistration _cancellation;
    private SessionRun? _run;
    private Tensor[] _held = [];

    public WorkItem(InferRequest request, long enqueued)
    {
        Request = request;
        Inputs = [.. request.Inputs];
        Enqueued = enqueued;
    }

    public InferRequest Request { get; }

    /// <summary>The request's tensors; the request's own list is emptied when its client is answered early.</summary>
    public Tensor[] Inputs { get; }

    public long Enqueued { get; }

    /// <summary>Where it waits; null: nowhere. Guarded by the scheduler's gate.</summary>
    public OwnerLane? Lane { get; set; }

    public bool IsCompleted => Volatile.Read(ref _completed) != 0;

    public ValueTask<RunOutputs> Task => new(this, _source.Version);

    /// <summary>Arms the deadline and the client's token. <paramref name="abandoned"/> runs when either completes the item.</summary>
    public void Watch(TimeProvider time, TimeSpan? timeout, CancellationToken cancellation, Action<WorkItem> abandoned)
    {
        if (timeout is { } due)
            _deadline = time.CreateTimer(static s => ((Watcher)s!).Expire(), new Watcher(this, abandoned), due, Timeout.InfiniteTimeSpan);
        if (cancellation.CanBeCanceled)
            _cancellation = cancellation.UnsafeRegister(static s => ((Watcher)s!).Cancel(), new Watcher(this, abandoned));
    }

    /// <summary>Takes references on the tensors for a run.</summary>
    /// <returns>False when the item was completed meanwhile: do not run it.</returns>
    public bool TryHold(SessionRun? run)
    {
        lock (this)
        {
            if (IsCompleted)
                return false;
            foreach (var tensor in Inputs)
                tensor.Memory.Retain();
            Request.Model.Retain();
            _held = Inputs;
            _run = run;
            return true;
        }
    }

    /// <summary>Gives the run's references back.</summary>
    public void Unhold()
    {
        lock (this)
            _run = null;
        if (_held.Length == 0)
            return;
        foreach (var tensor in _held)
            tensor.Memory.Release();
        _held = [];
        Request.Model.Release();
    }

    public bool TryComplete(RunOutputs outputs)
    {
        if (!Claim())
            return false;
        _source.SetResult(outputs);
        return true;
    }

    public bool TryFail(Exception error)
    {
        if (!Claim())
            return false;
        _source.SetException(error);
        return true;
    }

    public RunOutputs GetResult(short token) => _source.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private bool Claim()
    {
        lock (this)
        {
            if (_completed != 0)
                return false;
            _completed = 1;
        }

        _deadline?.Dispose();
        _cancellation.Unregister();
        return true;
    }

    private void Abandon(ServingException reason, Action<WorkItem> abandoned)
    {
        // Under the lock that gives the run back: it may be another request's an instant later.
        lock (this)
            _run?.Terminate();
        if (TryFail(reason))
            abandoned(this);
    }

    private sealed class Watcher(WorkItem item, Action<WorkItem> abandoned)
    {
        public void Expire() =>
            item.Abandon(new ServingException(ServingError.DeadlineExceeded, "Request timeout expired"), abandoned);

        public void Cancel() =>
            item.Abandon(new ServingException(ServingError.Cancelled, "request was cancelled by its client"), abandoned);
    }
}
