using System.Globalization;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Jobs;
using EdgeServe.Http.Oip;
using EdgeServe.Security;

namespace EdgeServe.Http.Jobs;

/// <summary>Step 7 of the job flow: asking for a job, waiting for it, fetching its result, letting it go.</summary>
internal sealed class JobEndpoints(JobService jobs, DeviceClock clock, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private const int DefaultPage = 100;
    private const int LargestPage = 1000;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    public async Task GetAsync(HttpContext context) =>
        await JsonResponse.WriteAsync(context, JobViews.Of(await FindAsync(context), clock), WireJson.Default.JobBody);

    public async Task ResultAsync(HttpContext context)
    {
        var job = await FindAsync(context);
        if (job.IsPending)
        {
            context.Response.Headers.RetryAfter = "1";
            await JsonResponse.WriteAsync(context, JobViews.Of(job, clock), WireJson.Default.JobBody, StatusCodes.Status202Accepted);
            return;
        }

        if (job.State != JobState.Succeeded)
        {
            var failure = job.Failure ?? new JobFailure(JobFailure.Cancelled, "it has no result");
            await ErrorResponses.WriteAsync(context, ErrorResponses.Status(failure), failure.Message, failure.Code);
            return;
        }

        var result = jobs.Result(job);
        await using (result.Content)
        {
            // The headers of infer, and beside them what a record of the answer needs.
            JobHeaders.WriteProvenance(context.Response, job);
            await InferResponseBody.WriteStoredAsync(context, result);
        }
    }

    public async Task DeleteAsync(HttpContext context)
    {
        if (await jobs.DeleteAsync(Owners.Of(context), Id(context)) is { } cancelled)
            await JsonResponse.WriteAsync(context, JobViews.Of(cancelled, clock), WireJson.Default.JobBody);
        else
            context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public async Task AcknowledgeAsync(HttpContext context) =>
        await JsonResponse.WriteAsync(context, JobViews.Of(await jobs.AcknowledgeAsync(Owners.Of(context), Id(context)), clock), WireJson.Default.JobBody);

    public async Task ListAsync(HttpContext context)
    {
        var filter = Filter(context.Request.Query);
        // One more than the page holds says whether there is another.
        var found = jobs.List(Owners.Of(context), filter with { Limit = filter.Limit + 1 });
        string? next = found.Count > filter.Limit ? found[filter.Limit - 1].Seq.ToString(CultureInfo.InvariantCulture) : null;
        await JsonResponse.WriteAsync(context, new JobListBody([.. found.Take(filter.Limit).Select(j => JobViews.Of(j, clock))], next), WireJson.Default.JobListBody);
    }

    private static JobFilter Filter(IQueryCollection query)
    {
        JobState? state = null;
        if (query["state"].ToString() is { Length: > 0 } named)
        {
            state = Enum.TryParse<JobState>(named, ignoreCase: true, out var parsed) && JobViews.Name(parsed) == named
                ? parsed
                : throw JobHeaders.Invalid($"state '{named}' is none of {string.Join(", ", Enum.GetValues<JobState>().Select(JobViews.Name))}");
        }

        long before = Number(query, "cursor", 1, long.MaxValue, 0);
        int limit = (int)Number(query, "limit", 1, LargestPage, DefaultPage);
        return new JobFilter(state, query["model"].ToString() is { Length: > 0 } model ? model : null, before, limit);
    }

    private static long Number(IQueryCollection query, string name, long least, long most, long otherwise)
    {
        if (query[name].ToString() is not { Length: > 0 } text)
            return otherwise;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= least && number <= most
            ? number
            : throw JobHeaders.Invalid($"{name} '{text}' is not a number from {least} to {most}");
    }

    private async Task<Job> FindAsync(HttpContext context)
    {
        var wait = Wait(context.Request.Query["wait"].ToString());
        string owner = Owners.Of(context);
        if (wait == TimeSpan.Zero)
            return jobs.Find(owner, Id(context));
        var caller = Caller.Of(context);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping, caller.Ended);
        try
        {
            return await jobs.WaitAsync(owner, Id(context), wait, time, stop.Token);
        }
        catch (OperationCanceledException) when (caller.Ended.IsCancellationRequested)
        {
            throw new KeyEndedException();
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // A server that stops answers with what it knows.
            return jobs.Find(owner, Id(context));
        }
    }

    /// <summary><c>30s</c>, <c>500ms</c>, <c>1m</c> or plain seconds.</summary>
    private static TimeSpan Wait(string text)
    {
        if (text.Length == 0)
            return TimeSpan.Zero;
        var (digits, unit) = text switch
        {
            [.. var n, 'm', 's'] => (n, 0.001),
            [.. var n, 's'] => (n, 1.0),
            [.. var n, 'm'] => (n, 60.0),
            _ => (text, 1.0),
        };
        // Names such as NaN and -Infinity are numbers to the parser, whatever the styles.
        if (!double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) || !(number >= 0))
            throw JobHeaders.Invalid($"wait '{text}' is not a time such as 30s, 500ms or 1m");
        return TimeSpan.FromSeconds(Math.Min(number * unit, LongestWait.TotalSeconds));
    }

    private static JobId Id(HttpContext context)
    {
        string text = (string)context.Request.RouteValues["id"]!;
        return JobId.TryParse(text, out var id) ? id : throw new JobException(JobError.UnknownJob, $"there is no job {(text.Length > 40 ? text[..40] + "…" : text)}", "A job's id is 32 hexadecimal digits.");
    }
}
