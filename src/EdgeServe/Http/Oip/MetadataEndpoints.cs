using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Hosting;
using EdgeServe.Security;
using Microsoft.Extensions.Options;

namespace EdgeServe.Http.Oip;

/// <summary>Who the server is, what it serves, how each model looks and fares.</summary>
internal static class MetadataEndpoints
{
    /// <summary>Protocol extensions this server really has.</summary>
    public static readonly string[] Extensions =
    [
        "classification", "model_repository", "model_repository(unload_dependents)", "schedule_policy",
        "model_configuration", "binary_tensor_data", "parameters", "statistics", "trace", "logging",
    ];

    public static void MapMetadata(this IEndpointRouteBuilder routes)
    {
        routes.MapReads("/v2", ServerAsync);
        routes.MapReads("/v2/models", context => JsonResponse.WriteAsync(
            context,
            new ModelsBody([.. Catalog(context).Current.Models.Where(m => m.Default is not null && Caller.Of(context).MayUse(m.Name)).Select(m => m.Name)]),
            WireJson.Default.ModelsBody));
        routes.MapReads("/v2/models/stats", context => JsonResponse.WriteAsync(context, AllStats(Catalog(context), Caller.Of(context)), WireJson.Default.StatsBody));
        routes.MapModel(HttpMethods.Get, "", ModelAsync);
        routes.MapModel(HttpMethods.Get, "/ready", ReadyAsync);
        routes.MapModel(HttpMethods.Get, "/config", ConfigAsync);
        routes.MapModel(HttpMethods.Get, "/stats", StatsAsync);
    }

    /// <summary>Of the models the caller may use.</summary>
    public static StatsBody AllStats(ModelCatalog catalog, Caller caller) =>
        new([.. catalog.Current.Models.Where(m => caller.MayUse(m.Name)).SelectMany(m => m.Versions.Where(v => v.State == VersionState.Ready).Select(v => Stats(catalog, m.Name, v)))]);

    /// <exception cref="ServingException">In the words clients match on.</exception>
    public static StatsBody StatsOf(ModelCatalog catalog, string name, long version)
    {
        var model = catalog.Current.Find(name);
        var versions = model?.Versions.Where(v => v.State == VersionState.Ready && (version == 0 || v.Version == version)).ToArray() ?? [];
        return versions.Length > 0
            ? new StatsBody([.. versions.Select(v => Stats(catalog, name, v))])
            : throw new ServingException(ServingError.InvalidArgument, version == 0
                ? $"requested model '{name}' is not available"
                : $"requested model version is not available for model '{name}'");
    }

    private static ModelStatsBody Stats(ModelCatalog catalog, string name, CatalogVersion version)
    {
        var key = new ModelVersionKey(name, version.Version);
        return ModelViews.Stats(key, catalog.Statistics.First(s => s.Key == key).Statistics, version.Served?.MemoryBytes ?? 0);
    }

    private static ModelCatalog Catalog(HttpContext context) => context.RequestServices.GetRequiredService<ModelCatalog>();

    private static Task ServerAsync(HttpContext context)
    {
        string name = context.RequestServices.GetRequiredService<IOptions<EdgeServeOptions>>().Value.Server.Name;
        return JsonResponse.WriteAsync(context, new ServerBody(name, ProductVersion.Text, Extensions), WireJson.Default.ServerBody);
    }

    private static async Task ModelAsync(HttpContext context, string name, long version)
    {
        var catalog = Catalog(context);
        var served = await catalog.LeaseAsync(name, version, context.RequestAborted);
        try
        {
            await JsonResponse.WriteAsync(context, ModelViews.Metadata(catalog.Current.Find(name)!, served), WireJson.Default.ModelBody);
        }
        finally
        {
            served.Release();
        }
    }

    private static Task ReadyAsync(HttpContext context, string name, long version)
    {
        try
        {
            Catalog(context).Find(name, version);
        }
        catch (ServingException e)
        {
            return ErrorResponses.WriteAsync(context, StatusCodes.Status400BadRequest, e.Message, e.Error.ToString(), e.Hint);
        }

        return JsonResponse.WriteAsync(context, new ModelReadyBody(name, true), WireJson.Default.ModelReadyBody);
    }

    private static async Task ConfigAsync(HttpContext context, string name, long version)
    {
        var served = await Catalog(context).LeaseAsync(name, version, context.RequestAborted);
        try
        {
            await JsonResponse.WriteAsync(context, ModelViews.Config(served), WireJson.Default.ModelConfigBody);
        }
        finally
        {
            served.Release();
        }
    }

    private static Task StatsAsync(HttpContext context, string name, long version) =>
        JsonResponse.WriteAsync(context, StatsOf(Catalog(context), name, version), WireJson.Default.StatsBody);
}
