using EdgeServe.Engine.Device;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// What a start finds running died with the process before. The lease of a running job is the life of its process, which
/// the lock on the data directory proves over: no clock is asked. A job that was there waits until the service has been up
/// for a while: processes that die young, of whatever, take no job with them. One that three died of is not tried again.
/// </summary>
internal static partial class JobRecovery
{
    public const int MostDeaths = 3;

    public static void Run(JobSession session, DeviceClock clock, ILogger log)
    {
        var running = session.Running();
        var suspects = session.Suspects();
        if (running.Count + suspects.Count == 0)
            return;
        session.Begin();
        foreach (var job in suspects)
            session.Update(job, job with { DueMs = Math.Max(job.DueMs, clock.Now + JobBackoff.DelayMs(job.Deaths)) });
        foreach (var job in running)
        {
            int deaths = job.Deaths + 1;
            if (deaths < MostDeaths)
            {
                session.Update(job, job with { State = JobState.Queued, Deaths = deaths, DueMs = clock.Now + JobBackoff.DelayMs(deaths), ChangedMs = clock.Now });
                Log.Requeued(log, job.Id, deaths);
                continue;
            }

            session.DeletePayload(job, PayloadPart.Request);
            session.Update(job, job with
            {
                State = JobState.Failed,
                Deaths = deaths,
                ChangedMs = clock.Now,
                Finished = JobMoment.Now(clock),
                Request = PayloadPlace.None,
                Failure = new JobFailure(JobFailure.Poison, $"the service died {deaths} times while this job ran; it is not tried again"),
            });
            Log.Poison(log, job.Id, job.Model, deaths);
        }

        session.Commit();
        session.Publish();
    }

    private static partial class Log
    {
        [LoggerMessage(5020, LogLevel.Warning, "Job {Id} was running when the service died ({Deaths} times so far); it waits again")]
        public static partial void Requeued(ILogger logger, JobId id, int deaths);

        [LoggerMessage(5021, LogLevel.Error, "Job {Id} of {Model} is given up: the service died {Deaths} times while it ran")]
        public static partial void Poison(ILogger logger, JobId id, string model, int deaths);
    }
}
