using System.Buffers;
using System.Text;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Jobs;
using EdgeServe.Engine.Storage;
using EdgeServe.Tests.Engine.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Engine.Jobs;

/// <summary>Jobs on a real database in a folder of its own, without a worker: the test says what runs.</summary>
internal sealed class JobBench : IAsyncDisposable
{
    private readonly TempFolder _folder;
    private readonly bool _ownsFolder;

    public JobBench(TempFolder? folder = null, JobOptions? options = null)
    {
        _ownsFolder = folder is null;
        _folder = folder ?? new TempFolder();
        Data = new DataDirectory(_folder.Path);
        Clock = new DeviceClock(Time, Data.Device, "boot", TimeSpan.FromHours(1));
        Options = options ?? new JobOptions { ReserveBytes = 0, BallastBytes = 0 };
        Storage = new JobStorage(Data, Options, Clock, TimeProvider.System, NullLogger<JobStorage>.Instance);
        Service = new JobService(Storage, Options, Clock);
        Storage.Start();
        // Upkeep's work; where damage is the subject, the test does it.
        Storage.IsChecked = true;
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public DataDirectory Data { get; }

    public DeviceClock Clock { get; }

    public JobOptions Options { get; }

    public JobStorage Storage { get; }

    public JobService Service { get; }

    public async Task<JobReceipt> SubmitAsync(string body = "{}", string? key = null, string owner = "local", string model = "m", TimeSpan? notAfter = null, int priority = 5)
    {
        await Storage.Opened;
        using var draft = Service.Begin(-1, body.Length);
        draft.Write(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)));
        return await Service.SubmitAsync(draft, new JobSubmission(owner, key, model, 0, 1, priority, notAfter));
    }

    /// <summary>Does what a worker would: claims the next job.</summary>
    public Task<Job?> ClaimAsync() => Storage.Writer.RunAsync(session =>
        session.NextDue(Clock.Now) is { } job ? session.Update(job, job with { State = JobState.Running, Attempts = job.Attempts + 1 }) : null);

    /// <summary>Does what a worker would: keeps an answer.</summary>
    public Task<Job> SucceedAsync(Job job, string answer)
    {
        using var writer = Storage.Files.Create(job.Id, PayloadPart.Result, -1, job.Key);
        writer.Write(Encoding.UTF8.GetBytes(answer));
        var payload = writer.Complete();
        return Storage.Writer.RunAsync(session =>
        {
            if (payload.Envelope is { } envelope)
                session.PutPayload(job, PayloadPart.Result, envelope);
            session.DeletePayload(job, PayloadPart.Request);
            return session.Update(job, job with { State = JobState.Succeeded, Result = payload.Place, ResultBytes = payload.Bytes, Request = PayloadPlace.None, ChangedMs = Clock.Now });
        });
    }

    public async Task<Job> DoneAsync(string answer = "{\"outputs\":[]}")
    {
        await SubmitAsync();
        return await SucceedAsync((await ClaimAsync())!, answer);
    }

    public async Task<string> ResultAsync(Job job)
    {
        var result = Service.Result(Service.Find(job.Owner, job.Id));
        await using (result.Content)
        {
            byte[] bytes = new byte[result.Bytes];
            await result.Content.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken);
            return Encoding.UTF8.GetString(bytes);
        }
    }

    /// <summary>Ends as a process that is killed does: nothing is put away. The lock is let go.</summary>
    public async Task DieAsync()
    {
        await Storage.Writer.DisposeAsync();
        Storage.Readers.Dispose();
        Data.MarkRunning();
        Data.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await Storage.DisposeAsync();
        if (_ownsFolder)
            _folder.Dispose();
    }
}
