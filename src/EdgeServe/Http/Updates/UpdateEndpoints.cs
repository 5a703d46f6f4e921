using System.Net.Sockets;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Updates;
using EdgeServe.Http.Oip;
using Microsoft.AspNetCore.Connections.Features;

namespace EdgeServe.Http.Updates;

/// <summary><c>/edge/v1/updates</c>: what the device follows, what serves, what came of the last offers; look now, go back, hold.</summary>
internal sealed class UpdateEndpoints(UpdateViews views, Updater updater, UpdateRecords records, RegistryPoller poller, IHostApplicationLifetime lifetime)
{
    private const int MostBodyBytes = 64 << 10;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var endpoints = routes.ServiceProvider.GetRequiredService<UpdateEndpoints>();
        routes.MapReads("/edge/v1/updates", context => JsonResponse.WriteAsync(context, endpoints.All(), WireJson.Default.UpdatesBody));
        routes.MapPost("/edge/v1/updates/now", (RequestDelegate)endpoints.NowAsync);
        routes.MapPost("/edge/v1/updates/install", (RequestDelegate)endpoints.InstallAsync);
        routes.MapPost("/edge/v1/updates/rollback", (RequestDelegate)endpoints.RollBackAsync);
        routes.MapPost("/edge/v1/updates/hold", context => endpoints.HoldAsync(context, true));
        routes.MapPost("/edge/v1/updates/release", context => endpoints.HoldAsync(context, false));
    }

    private UpdatesBody All() => views.All();

    /// <summary>Looks into the registry now and answers when that is over. The update goes on when the caller leaves.</summary>
    private async Task NowAsync(HttpContext context)
    {
        var result = await poller.NowAsync(lifetime.ApplicationStopping).WaitAsync(context.RequestAborted);
        await JsonResponse.WriteAsync(context, new OfferBody(result.Installed, result.Release, result.CopiedBytes, result.NewProgram), WireJson.Default.OfferBody);
    }

    /// <summary>A layout on this machine's disk. Its path is the caller's choice, so only for the service's own user and group.</summary>
    private async Task InstallAsync(HttpContext context)
    {
        if (context.Features.Get<IConnectionSocketFeature>()?.Socket.AddressFamily != AddressFamily.Unix)
        {
            await ErrorResponses.WriteAsync(context, StatusCodes.Status403Forbidden, "a folder is offered through the control socket only", "Forbidden", "On the box: edgeserve update install DIR.");
            return;
        }

        byte[] buffer = new byte[MostBodyBytes];
        int length = await context.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, context.RequestAborted);
        string? path = Path(buffer.AsSpan(0, length));
        if (path is null || !System.IO.Path.IsPathFullyQualified(path))
        {
            await ErrorResponses.WriteAsync(context, StatusCodes.Status400BadRequest, "the body must be {\"path\":\"/an/absolute/folder\"}", "BadRequest");
            return;
        }

        IContentSource source = ImageLayout.Open(path);
        try
        {
            var result = await updater.OfferAsync(source, null, asked: true, yields: false, lifetime.ApplicationStopping).WaitAsync(context.RequestAborted);
            await JsonResponse.WriteAsync(context, new OfferBody(result.Installed, result.Release, result.CopiedBytes, result.NewProgram), WireJson.Default.OfferBody);
        }
        finally
        {
            (source as IDisposable)?.Dispose();
        }
    }

    private async Task RollBackAsync(HttpContext context)
    {
        var e = await updater.RollBackAsync("operator", lifetime.ApplicationStopping);
        await JsonResponse.WriteAsync(context, UpdateViews.Of(e), WireJson.Default.UpdateEventBody);
    }

    private Task HoldAsync(HttpContext context, bool held)
    {
        records.Journal.Write(s => s.Held == held ? s : s with { Held = held });
        return JsonResponse.WriteAsync(context, views.All(), WireJson.Default.UpdatesBody);
    }

    private static string? Path(ReadOnlySpan<byte> body)
    {
        try
        {
            return System.Text.Json.JsonSerializer.Deserialize(body, WireJson.Default.InstallBody)?.Path;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }
}
