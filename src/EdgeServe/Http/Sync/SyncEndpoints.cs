using EdgeServe.Engine.Sync;
using EdgeServe.Http.Oip;

namespace EdgeServe.Http.Sync;

/// <summary><c>/edge/v1/sync</c>: what of the telemetry waits, what blocks it, and what to do; send now, hold, resume.</summary>
internal sealed class SyncEndpoints(SyncViews views, Forwarder forwarder, IHostApplicationLifetime lifetime)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var endpoints = routes.ServiceProvider.GetRequiredService<SyncEndpoints>();
        routes.MapReads("/edge/v1/sync", endpoints.AnswerAsync);
        routes.MapPost("/edge/v1/sync/now", (RequestDelegate)endpoints.NowAsync);
        routes.MapPost("/edge/v1/sync/hold", context => endpoints.HoldAsync(context, true));
        routes.MapPost("/edge/v1/sync/resume", context => endpoints.HoldAsync(context, false));
    }

    /// <summary>Answers when the round is over. It goes on when the caller leaves.</summary>
    private async Task NowAsync(HttpContext context)
    {
        await forwarder.NowAsync(lifetime.ApplicationStopping).WaitAsync(context.RequestAborted);
        await AnswerAsync(context);
    }

    private Task HoldAsync(HttpContext context, bool held)
    {
        try
        {
            forwarder.Hold(held);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ErrorResponses.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, $"it would not outlive a restart: {e.Message}", "StorageBroken", "edgeserve doctor looks at the disk.");
        }

        return AnswerAsync(context);
    }

    private Task AnswerAsync(HttpContext context) => JsonResponse.WriteAsync(context, views.All(), WireJson.Default.SyncBody);
}
