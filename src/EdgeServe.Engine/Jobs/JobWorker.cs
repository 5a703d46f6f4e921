using System.Collections.Concurrent;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Device.Governor;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// Steps 4 to 6 of the job flow. 4 A job is claimed on the disk before it runs: should the process die of it, the next
/// one knows. 5 It runs, the model on a thread of the lowest OS priority. 6 Result and state, and the claim of the next job, are one
/// transaction.
/// </summary>
internal sealed partial class JobWorker : IHostedService
{
    // Parsing and storing: behind the network threads, before the runs themselves, which are at the lowest priority there is.
    private const int NiceBesideRuns = 5;
    private static readonly TimeSpan StorageRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FinishingTime = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<JobId, CancellationTokenSource> _running = new();
    private readonly HashSet<long> _held = [];
    private readonly object _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _threads = [];
    private readonly JobStorage _storage;
    private readonly JobService _service;
    private readonly JobRunner _runner;
    private readonly DeviceClock _clock;
    private readonly ILogger<JobWorker> _log;
    private long _signals;
    private int _waiting;
    private long _nextExpiry;
    private volatile bool _ended;
    private volatile bool _reconcile;

    public JobWorker(JobStorage storage, JobService service, JobRunner runner, DeviceClock clock, ILogger<JobWorker> log)
    {
        _storage = storage;
        _service = service;
        _runner = runner;
        _clock = clock;
        _log = log;
        storage.Changed += Look;
        service.CancelRequested += Cancel;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _storage.Start();
        _runner.Ready.GetAwaiter().OnCompleted(Signal);
        int threads = _service.Options.Parallelism > 0 ? _service.Options.Parallelism : Math.Max(1, Environment.ProcessorCount - 1);
        for (int i = 0; i < threads; i++)
        {
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _threads.Add(ended.Task);
            InferenceThread.Start("jobs", NiceBesideRuns, () =>
            {
                Loop();
                ended.SetResult();
            });
        }

        return Task.CompletedTask;
    }

    /// <summary>Who says whether jobs may go on; null: they always may.</summary>
    public DeviceGovernor? Governor
    {
        get;
        init
        {
            field = value;
            value?.BackgroundChanged += Signal;
        }
    }

    /// <summary>What runs may finish if it is quick; the rest waits for the next start.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _ended = true;
        Signal();
        var all = Task.WhenAll(_threads);
        try
        {
            await all.WaitAsync(FinishingTime, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            await _stopping.CancelAsync();
            await all;
        }
    }

    private void Loop()
    {
        using var background = new BackgroundThread("jobs");
        (Job Job, JobOutcome Outcome)? done = null;
        while (true)
        {
            StandBack();
            long signals = Interlocked.Read(ref _signals);
            if (!TryExchange(done, out var next, out long wakeAt))
            {
                // The outcome stays in hand until it is on the disk.
                if (_ended)
                    return;
                Wait(signals, StorageRetry);
                continue;
            }

            done = null;
            if (next is not null)
                done = (next, Run(next, background));
            else if (_ended)
                return;
            else
            {
                // Versions that were loaded for accepted jobs only.
                _runner.Rest();
                Wait(signals, wakeAt == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Max(1, wakeAt - _clock.Now)));
            }
        }
    }

    /// <summary>Those who hand jobs in come first: an outcome in hand can wait a moment.</summary>
    private void StandBack()
    {
        if (!_ended && _service.Burst.IsOn())
            _stopping.Token.WaitHandle.WaitOne(JobBurst.Pause);
    }

    /// <summary>Writes what was done and claims what is next, in one transaction.</summary>
    /// <returns>False when the disk did not take it.</returns>
    private bool TryExchange((Job Job, JobOutcome Outcome)? done, out Job? next, out long wakeAt)
    {
        Job? claimed = null;
        var expired = new List<Job>();
        next = null;
        wakeAt = 0;
        try
        {
            (next, wakeAt, bool written) = _storage.Writer.RunAsync(session =>
            {
                bool wrote = done is { } d && Write(session, d.Job, d.Outcome);
                if (_reconcile)
                    Reconcile(session);
                // One moment for all: a job that became due between two would be waited for by nobody.
                long now = _clock.Now;
                Expire(session, now, expired);
                bool spared = IsSpared(done?.Job);
                claimed = _ended || spared || !_runner.Ready.IsCompleted ? null : Claim(session, now);
                return (claimed, claimed is not null ? 0 : spared ? NextExpiry : session.NextMoment(now), wrote);
            }).GetAwaiter().GetResult();
            // Not before the commit: one that is undone leaves them waiting.
            expired.ForEach(_service.DeleteFiles);
            if (done is { } finished)
                CleanUp(finished.Job, finished.Outcome, written);
            return true;
        }
        catch (StorageException)
        {
            lock (_held)
            {
                if (claimed is not null)
                    _held.Remove(claimed.Seq);
            }

            _reconcile = true;
            return false;
        }
    }

    /// <summary>Rows that say running while nobody runs them: their claim was written when nobody could say so.</summary>
    private void Reconcile(JobSession session)
    {
        foreach (var job in session.Running())
        {
            if (!_held.Contains(job.Seq))
                session.Update(job, job with { State = JobState.Queued, Attempts = Math.Max(0, job.Attempts - 1), ChangedMs = _clock.Now });
        }

        _reconcile = false;
    }

    /// <summary>A device that is spared lets jobs wait: all, or all but one. Those whose time is over still end.</summary>
    private bool IsSpared(Job? done)
    {
        var work = Governor?.Background ?? BackgroundWork.Runs;
        if (work != BackgroundWork.OneAtATime)
            return work == BackgroundWork.Waits;
        lock (_held)
            return _held.Any(seq => seq != done?.Seq);
    }

    private long NextExpiry => _nextExpiry == long.MaxValue ? 0 : _nextExpiry;

    private Job? Claim(JobSession session, long now)
    {
        if (session.NextDue(now) is not { } waiting)
            return null;
        lock (_held)
            _held.Add(waiting.Seq);
        return session.Update(waiting, waiting with { State = JobState.Running, Attempts = waiting.Attempts + 1, ChangedMs = now, Started = JobMoment.Now(_clock) });
    }

    /// <summary>Looks for expired jobs only when one may have expired.</summary>
    private void Expire(JobSession session, long now, List<Job> expired)
    {
        if (now < _nextExpiry)
            return;
        foreach (var job in session.Expired(now))
        {
            _service.End(session, job, JobState.Expired, JobRunner.Expiry);
            expired.Add(job);
        }

        long next = session.NextExpiry();
        _nextExpiry = next == 0 ? long.MaxValue : next;
    }

    /// <returns>False when the job is no longer this worker's: cancelled, or salvaged from an earlier state.</returns>
    private bool Write(JobSession session, Job job, JobOutcome outcome)
    {
        if (session.Find(job.Seq) is not { State: JobState.Running } row || row.Id != job.Id || row.Attempts != job.Attempts)
            return false;
        bool again = outcome.State == JobState.Queued;
        if (!again)
            session.DeletePayload(row, PayloadPart.Request);
        if (outcome.Result?.Envelope is { } envelope)
            session.PutPayload(row, PayloadPart.Result, envelope);
        session.Update(row, row with
        {
            State = outcome.State,
            Attempts = outcome.CountsAsAttempt ? row.Attempts : row.Attempts - 1,
            DueMs = _clock.Now + outcome.DelayMs,
            ChangedMs = _clock.Now,
            Finished = again ? default : JobMoment.Now(_clock),
            Request = again ? row.Request : PayloadPlace.None,
            Result = outcome.Result?.Place ?? PayloadPlace.None,
            ResultBytes = outcome.Result?.Bytes ?? 0,
            // A job from before there were keys gets its first with its result.
            Key = outcome.Result?.Key ?? row.Key,
            RunVersion = outcome.RunVersion,
            Digest = outcome.Digest,
            Failure = outcome.Failure,
        });
        return true;
    }

    private void CleanUp(Job job, JobOutcome outcome, bool written)
    {
        lock (_held)
            _held.Remove(job.Seq);
        _storage.Files.Settle(job.Id);
        if (!written)
        {
            _service.DeleteFiles(job with { Result = outcome.Result?.Place ?? PayloadPlace.None });
            if (outcome.Result is { } result && result.Key != job.Key)
                _storage.Keys.Erase(result.Key);
            return;
        }

        if (outcome.State != JobState.Queued)
            _service.DeleteFiles(job with { Result = PayloadPlace.None });
        if (outcome.State == JobState.Failed)
            Log.Failed(_log, job.Id, job.Model, outcome.Failure!.Code, outcome.Failure.Message);
        else if (outcome.Failure is { } failure && outcome.State == JobState.Queued)
            Log.Again(_log, job.Id, job.Model, failure.Message, outcome.DelayMs);
    }

    private JobOutcome Run(Job job, BackgroundThread background)
    {
        using var cancelled = new CancellationTokenSource();
        using var expired = new CancellationTokenSource();
        _running[job.Id] = cancelled;
        if (job.NotAfterMs > 0)
            expired.CancelAfter(TimeSpan.FromMilliseconds(Math.Clamp(job.NotAfterMs - _clock.Now, 1, int.MaxValue)));
        try
        {
            // Deleted between the claim and now: the answer would be thrown away.
            return _runner.Run(job, background, _stopping.Token, cancelled.Token, expired.Token);
        }
        catch (Exception e)
        {
            Log.Broken(_log, job.Id, job.Model, e);
            return new JobOutcome(JobState.Failed, Failure: new JobFailure(ServingError.RunFailed.ToString(), e.Message));
        }
        finally
        {
            _running.TryRemove(job.Id, out _);
        }
    }

    private void Cancel(JobId id)
    {
        if (!_running.TryGetValue(id, out var source))
            return;
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just finished.
        }
    }

    /// <summary>On the writer's thread, as is everything that reads the next expiry.</summary>
    private void Look(IReadOnlyList<JobChange> changes)
    {
        bool waiting = false;
        foreach (var (_, job) in changes)
        {
            if (job is not { State: JobState.Queued })
                continue;
            waiting = true;
            if (job.NotAfterMs > 0)
                _nextExpiry = Math.Min(_nextExpiry, job.NotAfterMs);
        }

        if (waiting)
            Signal();
    }

    /// <summary>Touches the lock only when somebody waits: a busy worker looks for itself.</summary>
    private void Signal()
    {
        Interlocked.Increment(ref _signals);
        if (Volatile.Read(ref _waiting) == 0)
            return;
        lock (_gate)
            Monitor.PulseAll(_gate);
    }

    private void Wait(long signals, TimeSpan atMost)
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _waiting);
            if (Interlocked.Read(ref _signals) == signals)
                Monitor.Wait(_gate, atMost);
            Interlocked.Decrement(ref _waiting);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5030, LogLevel.Warning, "Job {Id} of {Model} failed ({Code}): {Reason}")]
        public static partial void Failed(ILogger logger, JobId id, string model, string code, string reason);

        [LoggerMessage(5031, LogLevel.Information, "Job {Id} of {Model} is tried again in {DelayMs} ms: {Reason}")]
        public static partial void Again(ILogger logger, JobId id, string model, string reason, long delayMs);

        [LoggerMessage(5032, LogLevel.Error, "Job {Id} of {Model} failed for a reason of the service's own")]
        public static partial void Broken(ILogger logger, JobId id, string model, Exception error);
    }
}
