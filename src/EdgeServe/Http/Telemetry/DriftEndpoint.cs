using EdgeServe.Engine.Models;
using EdgeServe.Engine.Telemetry.Drift;
using EdgeServe.Http.Oip;

namespace EdgeServe.Http.Telemetry;

/// <summary><c>GET /edge/v1/models/{model}/drift</c>: how far what comes in is from what the model was made for.</summary>
internal sealed class DriftEndpoint(ModelCatalog catalog, DriftMonitor monitor)
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapModel(HttpMethods.Get, "/drift", routes.ServiceProvider.GetRequiredService<DriftEndpoint>().GetAsync, "/edge/v1");

    private Task GetAsync(HttpContext context, string model, long version)
    {
        var served = catalog.Find(model, version).Served;
        return served is not null && monitor.Find(served) is { } state
            ? JsonResponse.WriteAsync(context, Body(state), WireJson.Default.DriftBody)
            : ErrorResponses.WriteAsync(context, StatusCodes.Status404NotFound, $"drift of '{model}' is not watched", "NotWatched", Why(served));
    }

    private string Why(ServedModel? served) => !monitor.IsEnabled ? "The setting Telemetry:Drift is off."
        : served is null ? "It is out of memory; the next request loads it again."
        : "Its reference.window is 0, or neither its inputs nor its outputs are few enough numbers (reference.max_features).";

    private static DriftBody Body(DriftState state) => new(
        state.Key.Name, ModelViews.VersionText(state.Key.Version), Name(state.Level), state.Reference.ToString().ToLowerInvariant(), state.ReferenceRows,
        state.Window, state.WindowRows, state.Rows, state.Skipped,
        [.. state.Features.Select(f => new DriftFeatureBody(f.Name, Name(f.Level), Number(f.Psi), Number(f.WarnAt), Number(f.AlarmAt), Math.Round(f.OutOfRange, 4), Math.Round(f.Missing, 4)))]);

    private static string Name(DriftLevel level) => level.ToString().ToLowerInvariant();

    private static double? Number(double value) => double.IsFinite(value) && value != 0 ? Math.Round(value, 4) : null;
}
