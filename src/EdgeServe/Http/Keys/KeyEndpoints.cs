using System.Text.Json.Serialization.Metadata;
using EdgeServe.Engine.Device;
using EdgeServe.Http.Oip;
using EdgeServe.Security;
using EdgeServe.Security.Keys;

namespace EdgeServe.Http.Keys;

/// <summary><c>/edge/v1/keys</c>: who may call. For keys of scope admin, and for the box itself.</summary>
internal sealed class KeyEndpoints(KeyStore keys, DeviceClock clock)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var endpoints = routes.ServiceProvider.GetRequiredService<KeyEndpoints>();
        routes.MapReads("/edge/v1/keys", endpoints.ListAsync);
        routes.MapPost("/edge/v1/keys", (RequestDelegate)endpoints.AddAsync);
        routes.MapPost("/edge/v1/keys/reset", (RequestDelegate)endpoints.ResetAsync);
        routes.MapPost("/edge/v1/keys/{id}/rename", (RequestDelegate)endpoints.RenameAsync);
        routes.MapDelete("/edge/v1/keys/{id}", (RequestDelegate)endpoints.RevokeAsync);
    }

    private Task ListAsync(HttpContext context) => JsonResponse.WriteAsync(context, KeyViews.Of(keys, clock), WireJson.Default.KeyListBody);

    private async Task AddAsync(HttpContext context)
    {
        var body = await ReadAsync(context, WireJson.Default.NewKeyBody);
        await ShowOnceAsync(context, keys.Add(KeyViews.Wish(body), By(context)));
    }

    private async Task RenameAsync(HttpContext context)
    {
        var body = await ReadAsync(context, WireJson.Default.RenameBody);
        await JsonResponse.WriteAsync(context, KeyViews.Of(keys.Rename(Id(context), body.Name ?? "", By(context)), clock), WireJson.Default.KeyBody);
    }

    private Task RevokeAsync(HttpContext context) =>
        JsonResponse.WriteAsync(context, KeyViews.Of(keys.Revoke(Id(context), By(context)), clock), WireJson.Default.KeyBody);

    private Task ResetAsync(HttpContext context) => Listener.Of(context) == Listener.Control
        ? ShowOnceAsync(context, keys.Reset(By(context)))
        : ErrorResponses.WriteAsync(context, StatusCodes.Status403Forbidden, "keys are made anew through the control socket only", "Forbidden", "On the box: edgeserve key-admin reset.");

    private Task ShowOnceAsync(HttpContext context, (StoredKey Key, string Text) added)
    {
        context.Response.Headers.CacheControl = "no-store";
        return JsonResponse.WriteAsync(context, KeyViews.Of(added, clock), WireJson.Default.AddedKeyBody, StatusCodes.Status201Created);
    }

    private static string Id(HttpContext context) => (string)context.Request.RouteValues["id"]!;

    private static string By(HttpContext context) => Caller.Of(context).Owner;

    private static Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class => JsonRequest.ReadAsync(context, type, Invalid);

    private static KeyException Invalid(string message) => new(KeyError.InvalidKey, message, "GET /openapi/v1.json describes it.");
}
