namespace EdgeServe.Http.Oip;

/// <summary>The infer routes.</summary>
internal static class InferRoutes
{
    public static void MapInfer(this IEndpointRouteBuilder routes)
    {
        var endpoint = routes.ServiceProvider.GetRequiredService<InferEndpoint>();
        routes.MapModel(HttpMethods.Post, "/infer", endpoint.InferAsync);
    }
}
