using EdgeServe.Engine.Device;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Jobs;
using EdgeServe.Hosting;
using EdgeServe.Http.Oip;
using EdgeServe.Security;
using Microsoft.Extensions.Options;

namespace EdgeServe.Http.Jobs;

/// <summary>
/// <c>POST /edge/v1/models/{m}[/versions/{v}]/jobs</c>: takes exactly what infer takes. Step 1 of the job flow is the same
/// parse, so that a request that could never run is refused now and not tomorrow; 2 and 3 are <see cref="JobService"/>'s.
/// </summary>
internal sealed class SubmitEndpoint(InferenceEngine engine, JobService jobs, DeviceClock clock, IOptions<EdgeServeOptions> options)
{
    private readonly long _maxBytes = options.Value.Limits.MaxRequestBytes;

    public async Task SubmitAsync(HttpContext context, string name, long version)
    {
        string? key = JobHeaders.ReadKey(context.Request);
        int priority = JobHeaders.ReadPriority(context.Request);
        var notAfter = JobHeaders.ReadNotAfter(context.Request);
        long? headerLength = InferBody.ReadHeaderLength(context.Request);
        if (key is not null && jobs.Knows(Owners.Of(context), key))
        {
            // A retry: its job was taken, whatever has become of the model and the disk since.
            var hash = new PayloadHash(headerLength ?? -1);
            await InferBody.PassAsync(RequestBody.Open(context, _maxBytes, out _), _maxBytes, hash.Append, context.RequestAborted);
            await WriteAsync(context, jobs.Replay(new JobSubmission(Owners.Of(context), key, name, version, 0, priority, notAfter), hash));
            return;
        }

        var model = await engine.Catalog.LeaseAsync(name, version, context.RequestAborted);
        using var request = new InferRequest(model);
        var body = RequestBody.Open(context, _maxBytes, out long bodyLength);
        using var draft = jobs.Begin(headerLength ?? -1, Math.Max(0, bodyLength));

        // 1 The same parse as infer, while the bytes go to where they will be kept.
        try
        {
            await InferBody.ReadAsync(body, request, Caller.Of(context).MemoryOf(engine.Memory, _maxBytes), headerLength, bodyLength, _maxBytes, draft.Write, context.RequestAborted);
            RequestRules.Check(request);
        }
        catch (ServingException e)
        {
            model.Statistics.Failed(e.Error, TimeSpan.Zero);
            throw;
        }

        // 2 Durable, 3 and then the receipt.
        var submission = new JobSubmission(Owners.Of(context), key, name, version, model.Key.Version, priority, notAfter);
        await WriteAsync(context, await jobs.SubmitAsync(draft, submission));
    }

    private Task WriteAsync(HttpContext context, JobReceipt receipt)
    {
        var body = JobViews.Of(receipt.Job, clock);
        context.Response.Headers.Location = $"{context.Request.PathBase}/edge/v1/jobs/{body.Id}";
        if (receipt.Replayed)
            context.Response.Headers[JobHeaders.Replayed] = "true";
        return JsonResponse.WriteAsync(context, body, WireJson.Default.JobBody, StatusCodes.Status202Accepted);
    }
}
