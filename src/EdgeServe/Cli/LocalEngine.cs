using EdgeServe.Engine;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Hosting;

namespace EdgeServe.Cli;

/// <summary>The engine without a server, for verbs that look at a model on this device.</summary>
internal sealed class LocalEngine : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public LocalEngine(EdgeServeOptions options)
    {
        _services = new ServiceCollection()
            .AddLogging()
            .AddEngine(EngineOptionsFrom.Configuration(options) with { CacheDirectory = null, TuningDirectory = null })
            .BuildServiceProvider();
    }

    public InferenceEngine Inference => _services.GetRequiredService<InferenceEngine>();

    public ModelCatalog Catalog => _services.GetRequiredService<ModelCatalog>();

    public TimeProvider Time => _services.GetRequiredService<TimeProvider>();

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
