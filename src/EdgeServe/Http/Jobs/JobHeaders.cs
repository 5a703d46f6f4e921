using System.Globalization;
using EdgeServe.Engine.Jobs;

namespace EdgeServe.Http.Jobs;

/// <summary>What a client says about a job beside its body.</summary>
internal static class JobHeaders
{
    public const string IdempotencyKey = "Idempotency-Key";
    public const string Replayed = "Idempotency-Replayed";
    public const string Priority = "Edge-Priority";
    public const string NotAfter = "Edge-Not-After";
    private const double LongestSeconds = 366 * 86_400.0;

    /// <returns>Null when there is none.</returns>
    public static string? ReadKey(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(IdempotencyKey, out var value))
            return null;
        string key = value.ToString();
        return IsKey(key)
            ? key
            : throw Invalid($"{IdempotencyKey} must be 1 to {JobSubmission.MostKeyCharacters} printable ASCII characters", "A random UUID is a good key.");
    }

    public static bool IsKey(string text) => text.Length is > 0 and <= JobSubmission.MostKeyCharacters && text.All(c => c is >= ' ' and <= '~');

    public static int ReadPriority(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(Priority, out var value))
            return JobSubmission.DefaultPriority;
        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int priority) && priority is >= 1 and <= JobSubmission.LowestPriority
            ? priority
            : throw Invalid($"{Priority} '{value}' is not a number from 1, the highest, to {JobSubmission.LowestPriority}", $"Leave it out for {JobSubmission.DefaultPriority}.");
    }

    public static TimeSpan? ReadNotAfter(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(NotAfter, out var value))
            return null;
        return double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds is > 0 and <= LongestSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw Invalid($"{NotAfter} '{value}' is not a number of seconds from now, above 0 and within a year", "It counts the time the box is running, whatever its clock shows.");
    }

    /// <summary>What ran, how often it was begun, and when by which clock: <c>2026-11-25T17:15:06.050Z;clock=free</c>.</summary>
    public static void WriteProvenance(HttpResponse response, Job job)
    {
        response.Headers["Edge-Model-Version"] = job.RunVersion.ToString(CultureInfo.InvariantCulture);
        if (job.Digest.Length > 0)
            response.Headers["Edge-Model-Digest"] = "sha256:" + job.Digest;
        response.Headers["Edge-Job-Attempts"] = job.Attempts.ToString(CultureInfo.InvariantCulture);
        if (JobViews.Moment(job.Accepted) is { } accepted)
            response.Headers["Edge-Job-Accepted"] = $"{accepted.At};clock={accepted.Clock}";
        if (JobViews.Moment(job.Finished) is { } finished)
            response.Headers["Edge-Job-Finished"] = $"{finished.At};clock={finished.Clock}";
    }

    public static JobException Invalid(string message, string? hint = null) => new(JobError.InvalidArgument, message, hint);
}
