using System.Globalization;
using System.Text;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Jobs;
using EdgeServe.Security;

namespace EdgeServe.Http.Jobs;

/// <summary>
/// <c>GET /edge/v1/jobs/events</c>: server-sent events, one for each change of state of the owner's jobs. Resumes behind
/// <c>Last-Event-ID</c> with the latest state of every job that changed since; states in between are not told again.
/// </summary>
internal sealed class EventStream(JobService jobs, DeviceClock clock, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private const int Page = 500;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public async Task StreamAsync(HttpContext context)
    {
        // Its key's end is the stream's: who comes back is told why.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping, Caller.Of(context).Ended);
        string owner = Owners.Of(context);
        long? last = LastEventId(context.Request);
        // Listen before reading what was: nothing falls between.
        var (changes, end) = jobs.Events.Listen(owner);
        try
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            await WriteAsync(context, "retry: 2000\n\n", stop.Token);
            if (last > 0 && !jobs.Knows(last.Value))
                last = 0;
            long sent = last is { } from ? await ReplayAsync(context, owner, from, stop.Token) : 0;
            while (true)
            {
                while (changes.TryRead(out var job))
                {
                    if (job.Event > sent)
                        await WriteAsync(context, job, stop.Token);
                }

                if (!await NextAsync(context, changes.WaitToReadAsync(stop.Token).AsTask(), stop.Token))
                    return;
            }
        }
        catch (OperationCanceledException)
        {
            // The client left, or the server stops.
        }
        finally
        {
            end();
        }
    }

    /// <returns>False when this listener did not keep up: the client comes back and resumes.</returns>
    private async Task<bool> NextAsync(HttpContext context, Task<bool> next, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await next.WaitAsync(Heartbeat, time, stop);
            }
            catch (TimeoutException)
            {
                await WriteAsync(context, ": still here\n\n", stop);
            }
        }
    }

    private async Task<long> ReplayAsync(HttpContext context, string owner, long last, CancellationToken stop)
    {
        while (true)
        {
            var missed = jobs.Since(owner, last, Page);
            foreach (var job in missed)
            {
                await WriteAsync(context, job, stop);
                last = job.Event;
            }

            if (missed.Count < Page)
                return last;
        }
    }

    private Task WriteAsync(HttpContext context, Job job, CancellationToken stop)
    {
        string data = Encoding.UTF8.GetString(WireJson.ToUtf8(JobViews.Of(job, clock), WireJson.Default.JobBody));
        return WriteAsync(context, $"id: {job.Event}\nevent: job\ndata: {data}\n\n", stop);
    }

    private static async Task WriteAsync(HttpContext context, string text, CancellationToken stop)
    {
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), stop);
        await context.Response.Body.FlushAsync(stop);
    }

    private static long? LastEventId(HttpRequest request)
    {
        string text = request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } header ? header : request.Query["last_event_id"].ToString();
        if (text.Length == 0)
            return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? id : throw JobHeaders.Invalid($"Last-Event-ID '{text}' is not the id of an event");
    }
}
