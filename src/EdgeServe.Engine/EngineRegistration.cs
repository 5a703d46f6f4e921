using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Sessions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine;

/// <summary>The engine's parts, one line a folder.</summary>
public static class EngineRegistration
{
    public static IServiceCollection AddEngine(this IServiceCollection services, EngineOptions options) => services
        .AddSingleton(TimeProvider.System)
        .AddInference(options)
        .AddSessions(options)
        .AddModels(options);

    private static IServiceCollection AddInference(this IServiceCollection services, EngineOptions options) => services
        .AddSingleton(_ => new TensorMemoryPool(options.MaxBytesInFlight))
        .AddSingleton<InferenceEngine>()
        .AddHostedService<IdleMemory>();

    private static IServiceCollection AddSessions(this IServiceCollection services, EngineOptions options) => services
        .AddSingleton(_ => new OptimizedGraphCache(options.CacheDirectory))
        .AddSingleton<ISessionFactory>(p => new OnnxSessionFactory(
            p.GetRequiredService<TensorMemoryPool>(), p.GetRequiredService<OptimizedGraphCache>(), p.GetRequiredService<ILogger<OnnxSessionFactory>>()));

    private static IServiceCollection AddModels(this IServiceCollection services, EngineOptions options) => services
        .AddSingleton(_ => new ModelRepository(Path.GetFullPath(options.ModelDirectory)))
        .AddSingleton(p => new ModelLoader(
            p.GetRequiredService<ISessionFactory>(), p.GetRequiredService<TensorMemoryPool>(), options.Scheduler,
            p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<ModelLoader>>()))
        .AddSingleton(p => new ModelCatalog(
            p.GetRequiredService<ModelRepository>(), p.GetRequiredService<ModelLoader>(), options.Catalog,
            p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<ModelCatalog>>()));
}
