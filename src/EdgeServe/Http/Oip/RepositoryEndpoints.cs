using System.Text.Json;
using System.Text.Unicode;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Security;

namespace EdgeServe.Http.Oip;

/// <summary>The model repository extension: index, load, unload.</summary>
internal static class RepositoryEndpoints
{
    private const int MaxBodyBytes = 1 << 20;

    public static void MapRepository(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v2/repository/index", IndexAsync);
        routes.MapPost("/v2/repository/{repository}/index", IndexAsync);
        foreach (string prefix in new[] { "/v2/repository/models/{model}", "/v2/repository/{repository}/models/{model}" })
        {
            routes.MapPost(prefix + "/load", LoadAsync);
            routes.MapPost(prefix + "/unload", UnloadAsync);
        }
    }

    private static async Task IndexAsync(HttpContext context)
    {
        using var body = await ReadAsync(context, MaxBodyBytes);
        bool ready = body?.RootElement.TryGetProperty("ready", out var value) == true && value.ValueKind == JsonValueKind.True;
        var catalog = context.RequestServices.GetRequiredService<ModelCatalog>();
        await JsonResponse.WriteAsync(context, [.. ModelViews.Index(catalog.Current, ready, Caller.Of(context))], WireJson.Default.IndexEntryArray);
    }

    private static async Task LoadAsync(HttpContext context)
    {
        var catalog = context.RequestServices.GetRequiredService<ModelCatalog>();
        string name = Routes.Model(context);
        // base64 of the largest body that is accepted, and some JSON around it
        using var body = await ReadAsync(context, catalog.AllowUpload ? int.MaxValue : MaxBodyBytes);
        using var request = body is null ? null : LoadRequest.Read(name, body.RootElement, catalog);
        await catalog.LoadAsync(name, request?.Override, context.RequestAborted);
        context.Response.ContentLength = 0;
    }

    private static async Task UnloadAsync(HttpContext context)
    {
        using var body = await ReadAsync(context, MaxBodyBytes);
        await context.RequestServices.GetRequiredService<ModelCatalog>().UnloadAsync(Routes.Model(context), context.RequestAborted);
        context.Response.ContentLength = 0;
    }

    /// <returns>Null for an empty body.</returns>
    private static async Task<JsonDocument?> ReadAsync(HttpContext context, int maxBytes)
    {
        using var buffer = new MemoryStream();
        var chunk = new byte[64 << 10];
        int read;
        while ((read = await context.Request.Body.ReadAsync(chunk, context.RequestAborted)) > 0)
        {
            if (buffer.Length + read > maxBytes)
                throw RequestBody.TooLarge(buffer.Length + read, maxBytes);
            buffer.Write(chunk, 0, read);
        }

        if (buffer.Length == 0)
            return null;
        // The parser takes names and strings as they come, and would only fail when they are looked at.
        if (!Utf8.IsValid(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)))
            throw ServingException.Invalid("failed to parse the request JSON buffer: not valid UTF-8");
        try
        {
            var document = JsonDocument.Parse(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), new JsonDocumentOptions { MaxDepth = 100 });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
            document.Dispose();
            throw ServingException.Invalid("failed to parse the request JSON buffer: expected an object");
        }
        catch (JsonException e)
        {
            throw ServingException.Invalid($"failed to parse the request JSON buffer: {e.Message}");
        }
    }
}
