using System.IO.Hashing;
using System.Text;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Jobs.Keys;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// The job flow as its clients see it. Step 1 (parse) is the shell's; 2 row and payload durable; 3 only then the
/// receipt; 4 to 6 are <see cref="JobWorker"/>'s; 7 the client asks, waits or listens. Every question is by owner:
/// another's job is no job at all.
/// </summary>
public sealed class JobService : IModelPins
{
    private readonly JobStorage _storage;
    private readonly JobOptions _options;
    private readonly DeviceClock _clock;

    internal JobService(JobStorage storage, JobOptions options, DeviceClock clock)
    {
        _storage = storage;
        _options = options;
        _clock = clock;
        Burst = new JobBurst(clock);
    }

    internal JobBurst Burst { get; }

    public JobTotals Totals => _storage.Totals;

    public JobEvents Events => _storage.Events;

    /// <summary>Why jobs are not taken now; null: they are.</summary>
    public StorageException? Trouble => _storage.Trouble;

    /// <summary>Jobs lost to damage since this process began.</summary>
    public int Lost => _storage.Lost;

    /// <inheritdoc cref="JobStorage.IsChecked"/>
    public bool IsChecked => _storage.IsChecked;

    /// <inheritdoc cref="JobStorage.LogWasMissing"/>
    public bool LogWasMissing => _storage.LogWasMissing;

    public long FreeBytes => _storage.Space.FreeBytes;

    public JobOptions Options => _options;

    /// <summary>Called when a running job should stop.</summary>
    internal event Action<JobId>? CancelRequested;

    /// <summary>Makes room for a request that is about to arrive.</summary>
    /// <param name="headerLength">Value of <c>Inference-Header-Content-Length</c>; -1: JSON.</param>
    /// <param name="expectedBytes">Length of the body; 0 when unknown.</param>
    /// <exception cref="StorageException">There is no room, or storage does not work.</exception>
    public JobDraft Begin(long headerLength, long expectedBytes)
    {
        _storage.CheckRoom(expectedBytes);
        CheckPending();
        var id = JobId.Make(_clock.Now);
        return Disk(() => new JobDraft(id, _storage.Files.Create(id, PayloadPart.Request, headerLength), () => _storage.Files.Settle(id), _storage.Describe));
    }

    /// <summary>2 and 3: returns when the job is on the disk, and not before.</summary>
    /// <exception cref="JobException">The key was used for another body, or its job is gone.</exception>
    /// <exception cref="StorageException">It was not kept, or nobody can say.</exception>
    public async Task<JobReceipt> SubmitAsync(JobDraft draft, JobSubmission submission)
    {
        var payload = Disk(draft.Request.Complete);
        _storage.CheckRoom(0);
        // Only who sends a key is compared with what came under it before.
        byte[] body = submission.Key is null ? [] : Disk(() => Fingerprint(submission, payload.Hash));
        long now = _clock.Now;
        var job = new Job
        {
            Id = draft.Id,
            Owner = submission.Owner,
            Priority = submission.Priority,
            Model = submission.Model,
            Version = submission.Version,
            AcceptedVersion = submission.AcceptedVersion,
            DueMs = now,
            NotAfterMs = submission.NotAfter is { } left ? now + (long)left.TotalMilliseconds : 0,
            ChangedMs = now,
            Accepted = JobMoment.Now(_clock),
        };
        bool kept = false;
        bool unknown = false;
        Burst.Count();
        try
        {
            var (receipt, refusal) = await _storage.Writer.RunAsync(session => Accept(session, job, submission, body, payload));
            kept = receipt is { Replayed: false };
            return receipt ?? throw refusal!;
        }
        catch (StorageException e) when (e.Error == StorageError.OutcomeUnknown)
        {
            // The row may be there: the next start sweeps the file if it is not.
            kept = unknown = true;
            throw;
        }
        finally
        {
            if (!kept)
                Drop(draft.Id, payload);
            if (!unknown)
                _storage.Files.Settle(draft.Id);
        }
    }

    /// <summary>Was this key used? Then neither a model nor room is needed to answer: <see cref="Replay"/> does.</summary>
    public bool Knows(string owner, string key) => Read(reader => reader.FindKey(owner, key)) is not null;

    /// <summary>The answer to a request whose key was used, whatever has become of its model and the disk since.</summary>
    /// <param name="submission">As it would be submitted.</param>
    /// <param name="request">Of its body.</param>
    /// <exception cref="JobException">The key was used for another body, or its job is gone.</exception>
    public JobReceipt Replay(JobSubmission submission, PayloadHash request)
    {
        byte[] hash = request.Finish();
        byte[] body = Disk(() => Fingerprint(submission, hash));
        var (receipt, refusal) = Read(reader => reader.FindKey(submission.Owner, submission.Key!) is { } known
            ? Judge(known, submission.Key!, Comparable(known, body, submission, hash), id => reader.Find(submission.Owner, id))
            : (null, new JobException(JobError.Gone, $"Idempotency-Key '{submission.Key}' was forgotten a moment ago", "Use a new key.")));
        return receipt ?? throw refusal!;
    }

    /// <exception cref="JobException"><see cref="JobError.UnknownJob"/> or <see cref="JobError.Lost"/>.</exception>
    public Job Find(string owner, JobId id) => Read(reader => reader.Find(owner, id) ?? throw Missing(reader, id));

    /// <inheritdoc/>
    public IReadOnlySet<ModelVersionKey>? Pinned()
    {
        try
        {
            return Trouble is { Error: not StorageError.Full } ? null : Read(reader => reader.Pinned());
        }
        catch (StorageException)
        {
            return null;
        }
    }

    /// <summary>Waits until the job is done or the time is over.</summary>
    public async Task<Job> WaitAsync(string owner, JobId id, TimeSpan atMost, TimeProvider time, CancellationToken cancellation)
    {
        long start = time.GetTimestamp();
        while (true)
        {
            using var wait = Events.Next(id);
            var job = Find(owner, id);
            var left = atMost - time.GetElapsedTime(start);
            if (!job.IsPending || left <= TimeSpan.Zero)
                return job;
            try
            {
                await wait.Changed.WaitAsync(left, time, cancellation);
            }
            catch (TimeoutException)
            {
                return Find(owner, id);
            }
        }
    }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<Job> List(string owner, JobFilter filter) => Read(reader => reader.List(owner, filter));

    /// <summary>Jobs that changed after an event, in the order of their last change.</summary>
    public IReadOnlyList<Job> Since(string owner, long lastEvent, int limit) => Read(reader => reader.Since(owner, lastEvent, limit));

    /// <summary>Could this box have given out that event? No: it is of a card that is gone, and says nothing about what happened here.</summary>
    public bool Knows(long lastEvent) => lastEvent <= Read(reader => reader.ReservedEvents());

    /// <summary>The stored answer of a job that succeeded.</summary>
    /// <exception cref="JobException"><see cref="JobError.Gone"/> when it was acknowledged, <see cref="JobError.Lost"/> when the disk damaged it.</exception>
    public JobResult Result(Job job)
    {
        if (job.Result == PayloadPlace.None)
            throw new JobException(JobError.Gone, $"the result of job {job.Id} is gone", job.Acknowledged ? "It was acknowledged." : "Its retention ended.");
        try
        {
            if (job.Result == PayloadPlace.File)
            {
                var (content, bytes, headerLength) = _storage.Files.Open(job.Id, PayloadPart.Result);
                return new JobResult(content, bytes, headerLength);
            }

            byte[] envelope = Read(reader => reader.Payload(job, PayloadPart.Result)) ?? throw new PayloadDamagedException("is missing");
            var small = _storage.Files.Read(job.Id, PayloadPart.Result, envelope);
            return new JobResult(new MemoryStream(small.Content.Array!, small.Content.Offset, small.Content.Count, writable: false), small.Content.Count, small.HeaderLength);
        }
        catch (PayloadDamagedException e)
        {
            throw new JobException(JobError.Lost, $"the result of job {job.Id} {e.Message}", "Send the job again under a new Idempotency-Key.");
        }
    }

    /// <summary>Cancels a job that is not done, forgets one that is. Either way its key is destroyed when this returns.</summary>
    /// <returns>The cancelled job; null when it was forgotten.</returns>
    public async Task<Job?> DeleteAsync(string owner, JobId id)
    {
        var (before, after) = await _storage.Writer.RunAsync(session =>
        {
            if (Own(session, owner, id) is not { } job)
                return (null, null);
            if (job.IsPending)
                return (job, End(session, job, JobState.Cancelled, new JobFailure(JobFailure.Cancelled, "cancelled by its owner")));
            session.Remove(job);
            return ((Job?)job, (Job?)null);
        });
        if (before is null)
            throw Missing(id);
        if (before.State == JobState.Running)
            CancelRequested?.Invoke(id);
        else
            DeleteFiles(before);
        await _storage.Keys.SettledAsync();
        return after;
    }

    /// <summary>The client has the result: its bytes need not be kept.</summary>
    public async Task<Job> AcknowledgeAsync(string owner, JobId id)
    {
        var (before, after) = await _storage.Writer.RunAsync(session =>
        {
            // Refused outside: what is thrown in here undoes the commit of everybody in it.
            if (Own(session, owner, id) is not { } job)
                return (null, null);
            if (job.IsPending || job.Acknowledged)
                return (job, job);
            session.DeletePayload(job, PayloadPart.Result);
            return ((Job?)job, (Job?)session.Update(job, job with { Acknowledged = true, Result = PayloadPlace.None }));
        });
        if (before is null || after is null)
            throw Missing(id);
        if (before.IsPending)
            throw new JobException(JobError.WrongState, $"job {id} is {before.State.ToString().ToLowerInvariant()}", "Acknowledge it when it is done, or cancel it.");
        if (before.Result == PayloadPlace.File)
            _storage.Files.Delete(id, PayloadPart.Result);
        await _storage.Keys.SettledAsync();
        return after;
    }

    /// <summary>A copy of everything the jobs need, as of one moment, as a tar.</summary>
    /// <param name="target">Receives the tar.</param>
    /// <param name="seal">Encrypts the keys of jobs in it; null: they are in it as they are.</param>
    /// <param name="cancellation">Nobody reads any more.</param>
    public async Task BackUpAsync(Stream target, BackupSeal? seal, CancellationToken cancellation)
    {
        if (_storage.Trouble is { Error: not StorageError.Full } trouble)
            throw trouble;
        using var connection = Database.OpenReader(_storage.Data.Jobs);
        await BackupWriter.WriteAsync(_storage.Data, connection, _storage.Files, new BackupKeys(_storage.Keys, seal), target, cancellation);
    }

    /// <summary>Ends a job that is not done and lets its request go.</summary>
    internal Job End(JobSession session, Job job, JobState state, JobFailure failure)
    {
        session.DeletePayload(job, PayloadPart.Request);
        return session.Update(job, job with
        {
            State = state,
            Failure = failure,
            Request = PayloadPlace.None,
            ChangedMs = _clock.Now,
            Finished = JobMoment.Now(_clock),
        });
    }

    /// <summary>A payload that no row will name.</summary>
    private void Drop(JobId id, StoredPayload payload)
    {
        if (payload.Place == PayloadPlace.File)
            _storage.Files.Delete(id, PayloadPart.Request);
        _storage.Keys.Erase(payload.Key);
    }

    internal void DeleteFiles(Job job)
    {
        if (job.Request == PayloadPlace.File)
            _storage.Files.Delete(job.Id, PayloadPart.Request);
        if (job.Result == PayloadPlace.File)
            _storage.Files.Delete(job.Id, PayloadPart.Result);
    }

    private void CheckPending()
    {
        if (Totals.Pending >= _options.MaxPending)
            throw new JobException(JobError.TooManyJobs, $"{Totals.Pending} jobs wait already, {_options.MaxPending} is the most", "Retry later, or raise Jobs:MaxPending.");
    }

    private (JobReceipt? Receipt, JobException? Refusal) Accept(JobSession session, Job job, JobSubmission submission, byte[] body, StoredPayload payload)
    {
        if (submission.Key is not { } key)
            return (new JobReceipt(session.Add(job, payload), false), null);
        if (session.FindKey(submission.Owner, key) is not { } known)
        {
            session.PutKey(submission.Owner, key, body, job.Id);
            return (new JobReceipt(session.Add(job, payload), false), null);
        }

        return Judge(known, key, Comparable(known, body, submission, payload.Hash), session.Find);
    }

    /// <summary>A key that was used: the job it made, or why not.</summary>
    private static (JobReceipt? Receipt, JobException? Refusal) Judge(JobKey known, string key, byte[] body, Func<JobId, Job?> find)
    {
        if (known.IsInDoubt)
            return (null, new JobException(JobError.Lost, $"the disk damaged what was kept of Idempotency-Key '{key}': nobody can say whether this very request was done", "GET /edge/v1/jobs lists what is there; use a new key to run it."));
        if (!known.Body.AsSpan().SequenceEqual(body))
            return (null, new JobException(JobError.KeyReused, $"Idempotency-Key '{key}' was used for another request, job {known.Id}", "Use a new key for a new request."));
        return find(known.Id) is { } before
            ? (new JobReceipt(before, true), null)
            : (null, new JobException(JobError.Gone, $"job {known.Id} of Idempotency-Key '{key}' was done and is gone", "It will not run again; use a new key to run it once more."));
    }

    private static Job? Own(JobSession session, string owner, JobId id) =>
        session.Find(id) is { } job && job.Owner == owner ? job : null;

    private Exception Missing(JobId id) => Read(reader => Missing(reader, id));

    private Exception Missing(JobReader reader, JobId id)
    {
        if (reader.LostReason(id) is { } reason)
            return new JobException(JobError.Lost, $"job {id} is lost: {reason}", "Send it again.");
        // A damaged index hides rows: not there is a word to wait with.
        return IsChecked ? Unknown(id) : new StorageException(StorageError.Broken, $"job {id} is not found, but the jobs database is still being checked", "Retry in a moment.");
    }

    private static JobException Unknown(JobId id) => new(JobError.UnknownJob, $"there is no job {id}", "GET /edge/v1/jobs lists yours; finished jobs are forgotten after their retention.");

    /// <summary>
    /// Stands for everything the request asks for: the same key with another fingerprint is another request. It outlives the job, so
    /// it is keyed: who has not this box's keys cannot even confirm a guess with it.
    /// </summary>
    private byte[] Fingerprint(JobSubmission submission, byte[] payload) => _storage.Keys.Fingerprint(Asked(submission, payload));

    /// <summary>The fingerprint as it would have been made when the known one was: before there were keys, it had none.</summary>
    private static byte[] Comparable(JobKey known, byte[] body, JobSubmission submission, byte[] payload) =>
        JobKeys.IsFingerprint(known.Body) ? body : XxHash128.Hash(Asked(submission, payload));

    private static byte[] Asked(JobSubmission submission, byte[] payload) => [.. payload, .. Encoding.UTF8.GetBytes($"{submission.Model}\n{submission.Version}")];

    private T Read<T>(Func<JobReader, T> read)
    {
        try
        {
            return _storage.Readers.Read(read);
        }
        catch (StorageException) when (_storage.Trouble is { Error: not StorageError.Full } trouble)
        {
            throw trouble;
        }
    }

    private T Disk<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw _storage.Describe(e);
        }
    }
}
