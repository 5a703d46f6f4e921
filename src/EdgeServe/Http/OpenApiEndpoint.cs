namespace EdgeServe.Http;

/// <summary><c>GET /openapi/v1.json</c>: the description beside this file. A test holds it against the routes there are.</summary>
internal static class OpenApiEndpoint
{
    private const string Resource = "openapi.json";

    public static void MapOpenApiDescription(this IEndpointRouteBuilder routes) => Oip.Routes.MapReads(routes, "/openapi/v1.json", async context =>
    {
        await using var document = Open();
        context.Response.ContentType = ErrorResponses.JsonContentType;
        context.Response.ContentLength = document.Length;
        if (HttpMethods.IsGet(context.Request.Method))
            await document.CopyToAsync(context.Response.Body, context.RequestAborted);
    });

    public static Stream Open() => typeof(OpenApiEndpoint).Assembly.GetManifestResourceStream(Resource)!;
}
