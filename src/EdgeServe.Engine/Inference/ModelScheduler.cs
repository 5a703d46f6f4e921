using EdgeServe.Engine.Models;
using EdgeServe.Engine.Sessions;

namespace EdgeServe.Engine.Inference;

/// <summary>
/// The queue of one model version. Step 4 of the infer flow: a run starts at once when an instance is idle - on the
/// caller's thread when it is known to be short, else on a dedicated thread - and otherwise waits: owners share
/// (<see cref="FairQueue"/>), and what one of them has waiting is ordered by priority, then deadline. A free thread takes
/// with it what else is waiting and fits into one batch.
/// </summary>
internal sealed class ModelScheduler : IDisposable
{
    private const uint DefaultPriority = 2;

    /// <summary>Where requests can share a run, only runs this much shorter are not worth sharing.</summary>
    private const int BatchingPatience = 4;

    private readonly object _gate = new();
    private readonly FairQueue _queue = new();
    private readonly ISession _session;
    private readonly SchedulerOptions _options;
    private readonly TimeProvider _time;
    private readonly BatchRunner _runner;
    private readonly QueueDefinition _limits;
    private readonly DynamicBatching? _batching;
    private readonly int _maxBatchSize;
    private readonly int _instances;
    private readonly RunEstimate _estimate = new();
    private readonly bool _boundInline;
    private int _inline;
    private int _background;
    private int _active;
    private int _threads;
    private int _idleThreads;
    private volatile bool _stopping;

    public ModelScheduler(
        ISession session, ModelDefinition definition, int maxBatchSize, SchedulerOptions options, ModelStatistics statistics, TensorMemoryPool pool, TimeProvider time)
    {
        _session = session;
        _options = options;
        _time = time;
        _limits = definition.Queue;
        _batching = maxBatchSize > 1 ? definition.DynamicBatching : null;
        _maxBatchSize = maxBatchSize;
        _instances = definition.Instances ?? options.DefaultInstances;
        _boundInline = definition.Instances is not null;
        _runner = new BatchRunner(session, statistics, _estimate, pool, time);
    }

    /// <summary>Requests waiting for an instance.</summary>
    public int Waiting => _queue.Waiting;

    /// <summary>Runs in progress.</summary>
    public int Active => Volatile.Read(ref _active) + Volatile.Read(ref _inline) + Volatile.Read(ref _background);

    /// <summary>1 is the highest.</summary>
    public static uint PriorityOf(InferRequest request) => request.Priority == 0 ? DefaultPriority : request.Priority;

    /// <summary>Runs the request and hands over its outputs, which the caller releases.</summary>
    /// <exception cref="ServingException">Queue full, deadline, cancellation, shutdown or a failed run.</exception>
    public ValueTask<RunOutputs> RunAsync(InferRequest request, CancellationToken cancellation)
    {
        if (!_options.Throttle.IsOn && _estimate.IsWithin(_options.InlineThreshold, request.InputBytes) && TryTakeInstance(request))
            return RunInline(request);

        var timeout = Timeout(request);
        var item = new WorkItem(request, _time.GetTimestamp());
        Enqueue(item, timeout);
        item.Watch(_time, timeout, cancellation, Abandoned);
        return item.Task;
    }

    /// <summary>
    /// Runs the request on a thread of the lowest priority, beside the queue and its instances, while the caller waits:
    /// those in the queue never notice.
    /// </summary>
    /// <exception cref="ServingException">Deadline, cancellation, shutdown or a failed run.</exception>
    public RunOutputs RunBehind(InferRequest request, BackgroundThread background, CancellationToken cancellation)
    {
        if (_stopping)
            throw new ServingException(ServingError.ShuttingDown, "the server is stopping");
        var item = new WorkItem(request, _time.GetTimestamp());
        item.Watch(_time, Timeout(request), cancellation, Abandoned);
        Interlocked.Increment(ref _background);
        try
        {
            _runner.RunOne(item, background);
        }
        finally
        {
            Interlocked.Decrement(ref _background);
        }

        // Completed by the run, or before it by whoever abandoned it.
        return item.Task.GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        List<WorkItem> left;
        lock (_gate)
        {
            _stopping = true;
            left = _queue.Clear();
            Monitor.PulseAll(_gate);
        }

        foreach (var item in left)
            item.TryFail(new ServingException(ServingError.ShuttingDown, "the server is stopping"));
    }

    private TimeSpan? Timeout(InferRequest request)
    {
        ulong microseconds = request.TimeoutMicroseconds > 0 ? request.TimeoutMicroseconds : (ulong)_limits.DefaultTimeoutMicroseconds;
        const ulong longest = 30UL * 86_400 * 1_000_000;
        return microseconds == 0 ? null : TimeSpan.FromMicroseconds(Math.Min(microseconds, longest));
    }

    /// <summary>
    /// A short run on the caller's thread. There are few such threads, so that the default number of instances need not
    /// be kept to the letter, nor a lock be taken; a number that the definition states is. Where requests can share a
    /// run, only an idle model or a very short run is not worth waiting for company.
    /// </summary>
    private bool TryTakeInstance(InferRequest request)
    {
        if (!_boundInline)
        {
            if (_stopping || _queue.Waiting > 0)
                return false;
            bool first = Interlocked.Increment(ref _inline) == 1 && Volatile.Read(ref _active) == 0;
            if (first || _batching is null || _estimate.IsWithin(_options.InlineThreshold / BatchingPatience, request.InputBytes))
                return true;
            Interlocked.Decrement(ref _inline);
            return false;
        }

        lock (_gate)
        {
            if (_stopping || _active >= _instances || _queue.Waiting > 0)
                return false;
            _active++;
            return true;
        }
    }

    private ValueTask<RunOutputs> RunInline(InferRequest request)
    {
        try
        {
            return new ValueTask<RunOutputs>(_runner.RunInline(request));
        }
        finally
        {
            if (_boundInline)
                ReturnInstance();
            else
                Interlocked.Decrement(ref _inline);
        }
    }

    private void ReturnInstance()
    {
        lock (_gate)
        {
            _active--;
            if (_queue.Waiting > 0)
                Monitor.Pulse(_gate);
        }
    }

    private void Enqueue(WorkItem item, TimeSpan? timeout)
    {
        bool startThread;
        WorkItem? displaced = null;
        lock (_gate)
        {
            if (_stopping)
                throw new ServingException(ServingError.ShuttingDown, "the server is stopping");
            if (_queue.Waiting >= _limits.MaxSize + Math.Max(0, _instances - _active) && !_queue.TryDisplace(item.Request.Owner, out displaced))
                throw Full(item, $"{_queue.Waiting} requests wait for");
            _queue.Enqueue(item, Due(item, timeout));
            startThread = _idleThreads == 0 && _threads < _instances;
            if (startThread)
                _threads++;
            else
                Monitor.Pulse(_gate);
        }

        displaced?.TryFail(Full(displaced, "requests of others wait too, and yours hold the most places in the queue of"));
        if (startThread)
            InferenceThread.Start(item.Request.Model.Key.Name, _options.InferenceNice, Loop);
    }

    private static ServingException Full(WorkItem item, string why) => new(
        ServingError.QueueFull, "Exceeds maximum queue size", $"{why} '{item.Request.Model.Key.Name}'. Retry after a moment or raise queue.max_size in its model.json.")
    { RetryAfter = TimeSpan.FromSeconds(1) };

    /// <summary>Sort key: the deadline, at most one ageing step away, pushed back one step for each level below the highest.</summary>
    private long Due(WorkItem item, TimeSpan? timeout)
    {
        double step = _options.PriorityAgeing.TotalSeconds * _time.TimestampFrequency;
        double deadline = timeout is { } t ? Math.Min(t.TotalSeconds * _time.TimestampFrequency, step) : step;
        return item.Enqueued + (long)(deadline + (Math.Min(PriorityOf(item.Request), 1000u) * step));
    }

    private void Abandoned(WorkItem abandoned)
    {
        lock (_gate)
            _queue.Abandon(abandoned);
    }

    private void Loop()
    {
        var batch = new List<WorkItem>(Math.Max(1, _maxBatchSize));
        while (TakeBatch(batch))
        {
            bool placed = _options.Throttle.Enter();
            try
            {
                _runner.Run(batch);
            }
            catch (Exception e)
            {
                // Whatever it was, it is those requests' misfortune and not the whole service's.
                batch.ForEach(i => i.TryFail(e));
            }
            finally
            {
                if (placed)
                    _options.Throttle.Exit();
                batch.Clear();
                ReturnInstance();
            }
        }
    }

    /// <summary>Runs at a time. Where the device is spared the rest stays in the queue, so that what waits together runs together.</summary>
    private int Instances => _options.Throttle.Limit is > 0 and var limit ? Math.Min(limit, _instances) : _instances;

    /// <returns>False when the thread should end.</returns>
    private bool TakeBatch(List<WorkItem> batch)
    {
        lock (_gate)
        {
            while (true)
            {
                if (_stopping)
                {
                    _threads--;
                    return false;
                }

                if (_active < Instances && _queue.TryPeek(out _))
                {
                    _active++;
                    Collect(_queue.Take(), batch);
                    return true;
                }

                _idleThreads++;
                bool pulsed = Monitor.Wait(_gate, _options.IdleThreadLifetime);
                _idleThreads--;
                if (!pulsed && _queue.Waiting == 0)
                {
                    _threads--;
                    return false;
                }
            }
        }
    }

    /// <summary>Adds what waits and fits. Holds the gate; waits in it, so that newcomers can be taken, only where the definition allows a delay.</summary>
    private void Collect(WorkItem first, List<WorkItem> batch)
    {
        batch.Add(first);
        if (_batching is null)
            return;
        int rows = first.Request.BatchSize;
        long patience = _batching.MaxQueueDelayMicroseconds * _time.TimestampFrequency / 1_000_000;
        while (true)
        {
            Fill(first, batch, ref rows);
            if (rows >= _maxBatchSize || _queue.Waiting > 0 || patience == 0 || _stopping)
                return;
            var left = _time.GetElapsedTime(_time.GetTimestamp(), first.Enqueued + patience);
            if (left <= TimeSpan.Zero || Array.IndexOf(_batching.PreferredBatchSize, rows) >= 0)
                return;
            _idleThreads++;
            Monitor.Wait(_gate, left);
            _idleThreads--;
        }
    }

    private void Fill(WorkItem first, List<WorkItem> batch, ref int rows)
    {
        int limit = Preferred(rows);
        while (_queue.TryPeek(out var next) && rows + next.Request.BatchSize <= limit && BatchRunner.CanJoin(first, next))
        {
            rows += next.Request.BatchSize;
            batch.Add(_queue.Take());
        }
    }

    private int Preferred(int rows)
    {
        int waiting = rows + _queue.Waiting;
        int best = 0;
        foreach (int size in _batching!.PreferredBatchSize)
        {
            if (size <= waiting && size <= _maxBatchSize)
                best = size;
        }

        return best > 0 ? best : _maxBatchSize;
    }
}
