using EdgeServe.Http.Oip;

namespace EdgeServe.Http.Health;

/// <summary><c>/v2/health/live</c> and <c>/v2/health/ready</c>. Status and body both matter: clients look at one or the other.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapReads("/v2/health/live", context => JsonResponse.WriteAsync(context, new LiveBody(true), WireJson.Default.LiveBody));
        routes.MapReads("/v2/health/ready", context =>
        {
            var state = context.RequestServices.GetRequiredService<ServerState>();
            if (state.IsReady)
                return JsonResponse.WriteAsync(context, new ReadyBody(true), WireJson.Default.ReadyBody);
            context.Response.Headers.RetryAfter = "1";
            return JsonResponse.WriteAsync(context, new ReadyBody(false, state.Reason), WireJson.Default.ReadyBody, StatusCodes.Status503ServiceUnavailable);
        });
    }
}
