using System.Buffers;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Inference.Oip;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Jobs;

/// <summary>Step 5 of the job flow: the infer flow over stored bytes. Nothing here changes the database.</summary>
internal sealed class JobRunner(InferenceEngine engine, JobStorage storage, JobOptions options, DeviceClock clock)
{
    // Half a millisecond's work, after which whoever waits for this core gets it: the scheduler gives even a thread of low
    // priority milliseconds at a stretch.
    private const int ChunkBytes = 16 << 10;
    private const int StepBytes = 4 << 10;
    private const long DiskRetryMs = 30_000;

    /// <param name="job">Claimed.</param>
    /// <param name="background">Where the model runs.</param>
    /// <param name="stopping">The service ends: not the job's fault.</param>
    /// <param name="cancelled">Its owner no longer wants it.</param>
    /// <param name="expired">Its time is over, by a timer: that may be a moment ahead of the clock.</param>
    public JobOutcome Run(Job job, BackgroundThread background, CancellationToken stopping, CancellationToken cancelled, CancellationToken expired)
    {
        try
        {
            using var any = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancelled, expired);
            return Infer(job, background, any.Token);
        }
        catch (ServingException e)
        {
            return Failed(job, e, stopping, cancelled, expired);
        }
        catch (OperationCanceledException)
        {
            return Ended(job, stopping, expired);
        }
        catch (PayloadDamagedException e)
        {
            return new JobOutcome(JobState.Failed, Failure: new JobFailure(JobFailure.PayloadDamaged, $"the stored request {e.Message}"));
        }
        catch (StorageException e)
        {
            return new JobOutcome(JobState.Queued, DiskRetryMs, CountsAsAttempt: false, Failure: new JobFailure(e.Error.ToString(), e.Message));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var trouble = storage.Describe(e);
            // What is running may finish on the room that is kept for that.
            if (trouble.Error == StorageError.Full)
                storage.ReleaseBallast();
            return new JobOutcome(JobState.Queued, DiskRetryMs, CountsAsAttempt: false, Failure: new JobFailure(trouble.Error.ToString(), trouble.Message));
        }
    }

    /// <summary>Completes when the models were tried: a job that ran earlier would be held to blame for one not loaded yet.</summary>
    public Task Ready => engine.Catalog.Tried;

    /// <summary>Nothing waits: model versions held for jobs alone may leave memory.</summary>
    public void Rest() => engine.Catalog.ReleaseInstalled();

    private JobOutcome Infer(Job job, BackgroundThread background, CancellationToken cancellation)
    {
        // A version that was asked for by number and has left the set since is still what was asked for.
        bool left = job.Version != 0 && engine.Catalog.Repository.IsInstalled && engine.Catalog.Current.Find(job.Model)?.Find(job.Version) is null;
        var lease = options.RunAcceptedVersion || left
            ? engine.Catalog.LeaseInstalledAsync(job.Model, left ? job.Version : job.AcceptedVersion, cancellation)
            : engine.Catalog.LeaseAsync(job.Model, job.Version, cancellation);
        var model = lease.AsTask().GetAwaiter().GetResult();
        using var request = new InferRequest(model);
        Parse(job, request, cancellation);
        using var response = engine.InferBehind(request, background, cancellation);
        var result = Store(job, response);
        return new JobOutcome(JobState.Succeeded, Result: result, RunVersion: model.Key.Version, Digest: model.Digest);
    }

    private void Parse(Job job, InferRequest request, CancellationToken cancellation)
    {
        if (job.Request == PayloadPlace.Database)
        {
            byte[] envelope = storage.Readers.Read(r => r.Payload(job, PayloadPart.Request)) ?? throw new PayloadDamagedException("is missing");
            var (content, length) = storage.Files.Read(job.Id, PayloadPart.Request, envelope);
            using var reader = new OipRequestReader(request, engine.Memory, length < 0 ? null : length, content.Count);
            reader.Read(new ReadOnlySequence<byte>(content), completed: true);
            reader.Finish();
            return;
        }

        var (file, bytes, headerLength) = storage.Files.Open(job.Id, PayloadPart.Request);
        using (file)
        using (var reader = new OipRequestReader(request, engine.Memory, headerLength < 0 ? null : headerLength, bytes))
        {
            ParseFile(file, bytes, reader, cancellation);
            reader.Finish();
        }
    }

    private static void ParseFile(Stream file, long bytes, OipRequestReader reader, CancellationToken cancellation)
    {
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            int filled = 0;
            for (long left = bytes; left > 0 || filled > 0;)
            {
                cancellation.ThrowIfCancellationRequested();
                int read = (int)Math.Min(chunk.Length - filled, left);
                file.ReadExactly(chunk, filled, read);
                filled += read;
                left -= read;
                int taken = (int)reader.Read(new ReadOnlySequence<byte>(chunk, 0, filled), completed: left == 0);
                Thread.Yield();
                filled -= taken;
                chunk.AsSpan(taken, filled).CopyTo(chunk);
                if (left == 0)
                    return;
                // A token longer than the chunk.
                if (filled == chunk.Length)
                    chunk = Grow(chunk);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private static byte[] Grow(byte[] chunk)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(chunk.Length * 2);
        chunk.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(chunk);
        return larger;
    }

    /// <summary>Exactly the bytes the infer endpoint would have sent.</summary>
    private StoredPayload Store(Job job, InferResponse response)
    {
        // A run before this one may have got as far as the file.
        storage.Files.Delete(job.Id, PayloadPart.Result);
        var answer = new OipResponseWriter(response);
        var scratch = new ArrayBufferWriter<byte>(StepBytes * 2);
        bool more = true;
        while (more && answer.HasBinary)
            more = answer.WriteJson(scratch, StepBytes);
        using var payload = storage.Files.Create(job.Id, PayloadPart.Result, answer.HasBinary ? scratch.WrittenCount : -1, job.Key);
        Flush(scratch, payload);
        while (more)
        {
            more = answer.WriteJson(scratch, StepBytes);
            Flush(scratch, payload);
        }

        while (answer.HasBinary && answer.WriteBinary(scratch, StepBytes))
            Flush(scratch, payload);
        Flush(scratch, payload);
        return payload.Complete();
    }

    private static void Flush(ArrayBufferWriter<byte> scratch, PayloadWriter payload)
    {
        payload.Write(scratch.WrittenSpan);
        scratch.ResetWrittenCount();
        Thread.Yield();
    }

    private JobOutcome Failed(Job job, ServingException e, CancellationToken stopping, CancellationToken cancelled, CancellationToken expired)
    {
        if (e.Error is ServingError.Cancelled or ServingError.ShuttingDown
            || stopping.IsCancellationRequested || cancelled.IsCancellationRequested || expired.IsCancellationRequested)
            return Ended(job, stopping, expired);
        var failure = new JobFailure(e.Error.ToString(), e.Message);
        return JobBackoff.IsTransient(e.Error) && job.Attempts < options.MaxAttempts
            ? new JobOutcome(JobState.Queued, JobBackoff.DelayMs(job.Attempts), Failure: failure)
            : new JobOutcome(JobState.Failed, Failure: failure);
    }

    private JobOutcome Ended(Job job, CancellationToken stopping, CancellationToken expired)
    {
        if (expired.IsCancellationRequested || (job.NotAfterMs > 0 && clock.Now >= job.NotAfterMs))
            return new JobOutcome(JobState.Expired, Failure: Expiry);
        return stopping.IsCancellationRequested
            ? new JobOutcome(JobState.Queued, CountsAsAttempt: false)
            : new JobOutcome(JobState.Cancelled, Failure: new JobFailure(JobFailure.Cancelled, "cancelled by its owner"));
    }

    /// <summary>Why an expired job is.</summary>
    public static JobFailure Expiry { get; } = new(JobFailure.Expired, "its Edge-Not-After passed before it was done");
}
