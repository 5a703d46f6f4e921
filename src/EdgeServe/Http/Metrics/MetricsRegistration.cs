using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Telemetry.Drift;
using EdgeServe.Engine.Telemetry.Samples;
using EdgeServe.Hosting;
using EdgeServe.Security;
using EdgeServe.Security.Limits;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace EdgeServe.Http.Metrics;

/// <summary><c>GET /metrics</c> for Prometheus.</summary>
internal static class MetricsRegistration
{
    public static void AddMetricsApi(this IServiceCollection services, EdgeServeOptions options)
    {
        services.AddSingleton<ServingMetrics>();
        services.AddSingleton<JobMetrics>();
        services.AddSingleton<UpdateMetrics>();
        services.AddSingleton<GovernorMetrics>();
        services.AddSingleton<TritonMetrics>();
        services.AddSingleton<TelemetryMetrics>();
        services.AddSingleton<SyncMetrics>();
        var telemetry = services.AddOpenTelemetry().ConfigureResource(r => r.AddService(options.Server.Name, serviceVersion: ProductVersion.Text)).WithMetrics(metrics =>
        {
            metrics.AddMeter(ServingMeter.Name, ServingMetrics.MeterName, JobMetrics.MeterName, UpdateMetrics.MeterName, GovernorMetrics.MeterName, DriftMeter.Name, SampleCounts.MeterName, TelemetryMetrics.MeterName, SyncMetrics.MeterName, AccessMeter.Name);
            if (options.Metrics.TritonNames)
                metrics.AddMeter(TritonMetrics.MeterName);
            // Counters carry their whole name: nv_inference_count has no _total.
            metrics.AddPrometheusExporter(exporter => exporter.DisableTotalNameSuffixForCounters = true);
        });
        // The engine says where they go.
        if (options.Telemetry.Enabled)
            telemetry.WithLogging().WithTracing();
    }

    public static void MapMetrics(this WebApplication app, EdgeServeOptions options)
    {
        app.Services.GetRequiredService<ServingMetrics>();
        app.Services.GetRequiredService<JobMetrics>();
        app.Services.GetRequiredService<UpdateMetrics>();
        app.Services.GetRequiredService<GovernorMetrics>();
        app.Services.GetRequiredService<TelemetryMetrics>();
        app.Services.GetRequiredService<SyncMetrics>();
        app.Services.GetRequiredService<ConnectionMeter>();
        if (options.Metrics.TritonNames)
            app.Services.GetRequiredService<TritonMetrics>();
        app.MapPrometheusScrapingEndpoint("/metrics");
    }
}
