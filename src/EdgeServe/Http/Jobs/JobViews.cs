using System.Globalization;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Jobs;

namespace EdgeServe.Http.Jobs;

/// <summary>A job as the wire shows it.</summary>
internal static class JobViews
{
    public static JobBody Of(Job job, DeviceClock clock) => new(
        job.Id.ToString(), Name(job.State), job.Model, job.Version > 0 ? Text(job.Version) : null, job.Priority, job.Event, job.Attempts,
        Moment(job.Accepted)!, Moment(job.Started), Moment(job.Finished),
        job.IsPending && job.NotAfterMs > 0 ? Math.Max(0, job.NotAfterMs - clock.Now) : null,
        job.RequestBytes, job.State == JobState.Succeeded ? job.ResultBytes : null, job.Acknowledged,
        job.Failure is { } failure && job.State != JobState.Succeeded ? new JobErrorBody(failure.Message, failure.Code) : null,
        job.RunVersion > 0 ? new ProvenanceBody(job.Model, Text(job.RunVersion), job.Digest.Length > 0 ? "sha256:" + job.Digest : null, job.Attempts, Text(job.AcceptedVersion)) : null);

    public static string Name(JobState state) => state.ToString().ToLowerInvariant();

    public static string Name(ClockQuality quality) => quality == ClockQuality.SetBack ? "set_back" : quality.ToString().ToLowerInvariant();

    public static MomentBody? Moment(JobMoment moment) => moment.UnixMs == 0
        ? null
        : new MomentBody(DateTimeOffset.FromUnixTimeMilliseconds(moment.UnixMs).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture), Name(moment.Quality));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
