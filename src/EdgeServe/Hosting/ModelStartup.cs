using System.Runtime.InteropServices;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Sessions;
using EdgeServe.Engine.Updates;
using EdgeServe.Http.Health;
using Microsoft.Extensions.Options;

namespace EdgeServe.Hosting;

/// <summary>Loads the models behind a server that is already live, then says in one line what runs here.</summary>
internal sealed partial class ModelStartup(
    ModelCatalog catalog, UpdateStart updates, ServerState state, IOptions<EdgeServeOptions> options, IServiceProvider services, ILogger<ModelStartup> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(state.Stopping);
        if (EngineLibrary.Refusal is { } refusal)
            Log.LibraryRefused(log, refusal);
        else if (EngineLibrary.Path is { } library)
            Log.LibraryUsed(log, library);
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
        ServiceWatchdog.Say(services, failed == 0 ? $"serves {ready}" : $"serves {ready}; {failed} failed to load");
    }

    private static partial class Log
    {
        [LoggerMessage(9003, LogLevel.Warning, "{Reason}")]
        public static partial void LibraryRefused(ILogger logger, string reason);

        [LoggerMessage(9004, LogLevel.Information, "The board's own inference library serves: {Path}")]
        public static partial void LibraryUsed(ILogger logger, string path);

        [LoggerMessage(4001, LogLevel.Information,
            "EdgeServe {Version} ready (.NET {Runtime}, ONNX Runtime {Engine}, {Platform}) on {Urls}, gRPC {GrpcUrls}; models: {Models}; failed to load: {Failed}")]
        public static partial void Ready(
            ILogger logger, string version, string runtime, string engine, string platform, string urls, string grpcUrls, string models, int failed);
    }
}
