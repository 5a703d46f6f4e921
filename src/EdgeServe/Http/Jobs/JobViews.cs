using System.Globalization;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Jobs;

namespace EdgeServe.Http.Jobs;

/// <summary>A job as the wire shows it.</summary>
internal static class JobViews
{
    /// <summary>Of <c>2026-11-25T17:15:06.050</c>.</summary>
    private const int MomentCharacters = 23;

    public static JobBody Of(Job job, DeviceClock clock) => new(
        job.Id.ToString(), Name(job.State), job.Model, job.Version > 0 ? Text(job.Version) : null, job.Priority, job.Event, job.Attempts,
        Moment(job.Accepted)!, Moment(job.Started), Moment(job.Finished),
        job.IsPending && job.NotAfterMs > 0 ? Math.Max(0, job.NotAfterMs - clock.Now) : null,
        job.RequestBytes, job.State == JobState.Succeeded ? job.ResultBytes : null, job.Acknowledged,
        job.Failure is { } failure && job.State != JobState.Succeeded ? new JobErrorBody(failure.Message, failure.Code) : null,
        job.RunVersion > 0 ? new ProvenanceBody(job.Model, Text(job.RunVersion), job.Digest.Length > 0 ? "sha256:" + job.Digest : null, job.Attempts, Text(job.AcceptedVersion)) : null);

    public static string Name(JobState state) => state switch
    {
        JobState.Queued => "queued",
        JobState.Running => "running",
        JobState.Succeeded => "succeeded",
        _ => state.ToString().ToLowerInvariant(),
    };

    public static string Name(ClockQuality quality) => quality switch
    {
        ClockQuality.SetBack => "set_back",
        ClockQuality.Free => "free",
        ClockQuality.Synchronized => "synchronized",
        _ => quality.ToString().ToLowerInvariant(),
    };

    public static MomentBody? Moment(JobMoment moment)
    {
        if (moment.UnixMs == 0)
            return null;
        // The round-trip format has a path of its own; what it has beyond milliseconds is cut off.
        Span<char> text = stackalloc char[MomentCharacters + 8];
        DateTimeOffset.FromUnixTimeMilliseconds(moment.UnixMs).UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        return new MomentBody(string.Concat(text[..MomentCharacters], "Z"), Name(moment.Quality));
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
