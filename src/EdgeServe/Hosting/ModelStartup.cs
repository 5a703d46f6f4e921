using System.Runtime.InteropServices;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Sessions;
using EdgeServe.Engine.Updates;
using EdgeServe.Http.Health;
using Microsoft.Extensions.Options;

namespace EdgeServe.Hosting;

/// <summary>Loads the models behind a server that is already live, then says in one line what runs here.</summary>
internal sealed partial class ModelStartup(
    ModelCatalog catalog, UpdateStart updates, ServerState state, IOptions<EdgeServeOptions> options, IHostApplicationLifetime lifetime, ILogger<ModelStartup> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        lifetime.ApplicationStopping.Register(state.Stopping);
        // Before any model is loaded: which set serves, and whether one crashed too often.
        updates.Run();
        string[] wanted = options.Value.Repository.LoadAtStart;
        await Task.Run(() => catalog.LoadAllAsync(name => wanted.Length == 0 || wanted.Contains(name), stoppingToken), stoppingToken);
        state.ModelsTried();
        // What building the host and opening graphs left behind is a fifth of what would stay.
        ProcessMemory.GiveBack();
        var models = catalog.Current.Models;
        string ready = string.Join(", ", models.Where(m => m.Default is not null).Select(m => $"{m.Name}/{m.Default!.Version}"));
        int failed = models.Count(m => m.Versions.Length > 0 && m.Default is null);
        Log.Ready(log, ProductVersion.Text, Environment.Version.ToString(), EngineInfo.Version, RuntimeInformation.RuntimeIdentifier,
            options.Value.Server.Urls, options.Value.Server.GrpcUrls, ready.Length > 0 ? ready : "none", failed);
    }

    private static partial class Log
    {
        [LoggerMessage(4001, LogLevel.Information,
            "EdgeServe {Version} ready (.NET {Runtime}, ONNX Runtime {Engine}, {Platform}) on {Urls}, gRPC {GrpcUrls}; models: {Models}; failed to load: {Failed}")]
        public static partial void Ready(
            ILogger logger, string version, string runtime, string engine, string platform, string urls, string grpcUrls, string models, int failed);
    }
}
