using EdgeServe.Engine;
using EdgeServe.Engine.Audit;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Device.Lights;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Updates.Sticks;
using EdgeServe.Grpc;
using EdgeServe.Http;
using EdgeServe.Http.Health;
using EdgeServe.Http.Jobs;
using EdgeServe.Http.Keys;
using EdgeServe.Http.Metrics;
using EdgeServe.Http.Oip;
using EdgeServe.Http.Operator;
using EdgeServe.Http.Pairing;
using EdgeServe.Http.Sync;
using EdgeServe.Http.Telemetry;
using EdgeServe.Http.Trust;
using EdgeServe.Http.Updates;
using EdgeServe.Panel;
using EdgeServe.Security;
using EdgeServe.Security.Keys;
using EdgeServe.Security.Limits;
using EdgeServe.Security.Pairing;
using EdgeServe.Security.Tls;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace EdgeServe.Hosting;

/// <summary>The table of contents: what the service is made of. The order of the lines does not matter.</summary>
internal static class EdgeServeRegistration
{
    /// <summary>For requests that are being answered; what still runs then is cut off.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(8);

    public static void AddEdgeServe(this WebApplicationBuilder builder, EdgeServeOptions options, DataDirectory data)
    {
        builder.Services.AddSingleton<IOptions<EdgeServeOptions>>(Options.Create(options));
        builder.Services.AddServiceManager();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = ShutdownTimeout);
        builder.AddLogging();
        builder.AddKestrelEndpoints(options, data);
        builder.Services.AddAudit();
        builder.Services.AddEngine(EngineOptionsFrom.Configuration(options));
        builder.Services.AddJobs(data, EngineOptionsFrom.Jobs(options));
        builder.Services.AddGovernor(EngineOptionsFrom.Governor(options));
        builder.Services.AddLocalTelemetry(options.Telemetry.Drift);
        builder.Services.AddEnrolment();
        builder.Services.AddUpdates(EngineOptionsFrom.Updates(options), EngineOptionsFrom.Terms(options.Updates), EngineOptionsFrom.Registry(options.Updates));
        builder.Services.AddPrograms(EngineOptionsFrom.Programs(options.Updates));
        builder.Services.AddRegistry(() => EngineOptionsFrom.RegistryAccess(options.Updates), options.Updates.BandwidthBytesPerSecond, options.Updates.DailyByteBudget);
        builder.Services.AddSticks(EngineOptionsFrom.Sticks(options), ProductVersion.Text);
        builder.Services.AddTelemetry(EngineOptionsFrom.Telemetry(options), EngineOptionsFrom.Outbox(options));
        builder.Services.AddSync(EngineOptionsFrom.Sync(options), options.Telemetry.Enabled, EngineOptionsFrom.Collector(options.Sync));
        builder.Services.AddCarryOut(EngineOptionsFrom.CarryOut(options));
        builder.Services.AddSecurity(options.Security);
        builder.Services.AddPanel(options.Lights);
        builder.Services.AddHttpApi();
        builder.Services.AddGrpcApi(options);
        builder.Services.AddMetricsApi(options);
    }

    public static void UseEdgeServe(this WebApplication app, EdgeServeOptions options)
    {
        // Before the gate, which judges the path behind the base.
        if (options.Server.PathBase.Length > 0)
            app.UsePathBase(options.Server.PathBase);
        app.UseMiddleware<Gate>();
        app.UseRouting();
        app.UseMiddleware<Access>();
        app.MapHealth();
        app.MapMetadata();
        app.MapInfer();
        app.MapRepository();
        app.MapSettings();
        app.MapGrpcApi();
        app.MapJobs();
        StatusEndpoint.Map(app);
        BackupEndpoint.Map(app);
        AuditEndpoint.Map(app);
        app.MapDevice();
        app.MapMedia();
        UpdateEndpoints.Map(app);
        SyncEndpoints.Map(app);
        KeyEndpoints.Map(app);
        PairingEndpoints.Map(app);
        PairPage.Map(app);
        ClockEndpoint.Map(app);
        DriftEndpoint.Map(app);
        SeriesEndpoint.Map(app);
        app.MapMetrics(options);
        app.MapOpenApiDescription();
    }

    private static void AddSecurity(this IServiceCollection services, SecuritySection options)
    {
        services.AddSingleton<HostGuard>();
        services.AddSingleton<AccessMeter>();
        services.AddSingleton<RefusalNotes>();
        services.AddHostedService(p => p.GetRequiredService<RefusalNotes>());
        services.AddSingleton<Doorman>();
        services.AddSingleton<ConnectionMeter>();
        services.AddSingleton<ConnectionLimits>();
        services.AddSingleton(p => new KeyStore(
            p.GetRequiredService<DataDirectory>().Device, p.GetRequiredService<DeviceClock>(), p.GetRequiredService<TimeProvider>(), options.KeyRequestsPerSecond, p.GetRequiredService<ILogger<KeyStore>>()));
        services.AddSingleton(p => new SetupCode(p.GetRequiredService<DataDirectory>().Device));
        services.AddSingleton<PairingDesk>();
        services.AddSingleton<IFirstTabletCard, FirstTabletCard>();
        services.AddSingleton<ServerCertificates>();
        services.AddHostedService(p => p.GetRequiredService<ServerCertificates>());
    }

    private static void AddPanel(this IServiceCollection services, LightsSection options)
    {
        services.AddSingleton(EngineOptionsFrom.Lights(options));
        services.AddSingleton<PanelStatus>();
        services.AddSingleton<BoxLooks>();
        services.AddSingleton<ButtonActions>();
        services.AddHostedService<PanelService>();
    }

    private static void AddHttpApi(this IServiceCollection services)
    {
        services.AddSingleton<ServerState>();
        services.AddSingleton<InferEndpoint>();
        services.AddSingleton<SubmitEndpoint>();
        services.AddSingleton<JobEndpoints>();
        services.AddSingleton<EventStream>();
        services.AddSingleton<StatusEndpoint>();
        services.AddSingleton<GovernorViews>();
        services.AddSingleton<DriftEndpoint>();
        services.AddSingleton<SeriesEndpoint>();
        services.AddSingleton<UpdateViews>();
        services.AddSingleton<UpdateEndpoints>();
        services.AddSingleton<SyncViews>();
        services.AddSingleton<SyncEndpoints>();
        services.AddSingleton<KeyEndpoints>();
        services.AddSingleton<PairingEndpoints>();
        services.AddSingleton<PairPage>();
        services.AddSingleton<ClockEndpoint>();
        services.AddSingleton<TrustPage>();
        services.AddSingleton<AuditEndpoint>();
        services.AddHostedService<ModelStartup>();
        services.AddHostedService<ServiceWatchdog>();
    }

    private static void AddLogging(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Grpc", LogLevel.Warning);
        // Enabled at any level, this category makes the host create an Activity for every request; the gate reports what fails.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        // Whatever level the other logs are set to.
        builder.Logging.AddFilter<AuditListener>("EdgeServe", LogLevel.Information);
        // One line an event; Logging:Console:FormatterName = json for machines.
        builder.Logging.AddConsole();
        string? formatter = builder.Configuration["Logging:Console:FormatterName"];
        builder.Services.PostConfigure<ConsoleLoggerOptions>(console => console.FormatterName = formatter ?? console.FormatterName);
        builder.Services.Configure<SimpleConsoleFormatterOptions>(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
        });
    }
}
