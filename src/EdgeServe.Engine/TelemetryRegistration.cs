using EdgeServe.Engine.Audit;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Jobs;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Telemetry;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.Engine.Telemetry.Records;
using EdgeServe.Engine.Telemetry.Samples;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace EdgeServe.Engine;

/// <summary>Telemetry that waits: what listens, and the outbox.</summary>
internal static class TelemetryRegistration
{
    /// <summary>The outbox, and unless it is off everything that fills it. Needs jobs and a host that collects metrics.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, TelemetryOptions options, OutboxOptions outbox)
    {
        services
            .AddSingleton(options)
            .AddSingleton(p => new TelemetryOutbox(
                p.GetRequiredService<DataDirectory>(), outbox, p.GetRequiredService<DeviceClock>(), p.GetRequiredService<DeviceIdentity>(),
                p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<TelemetryOutbox>>())
            {
                Audit = () => p.GetRequiredService<AuditLog>().Head,
            });
        return options.Enabled ? services.AddSdk(options).AddRecords(options) : services;
    }

    private static IServiceCollection AddSdk(this IServiceCollection services, TelemetryOptions options) => services
        .AddSingleton<OtlpSink>()
        .AddSingleton<MetricReader>(p => new BaseExportingMetricReader(OtlpExporters.Metrics(p.GetRequiredService<OtlpSink>())))
        .Configure<OpenTelemetryLoggerOptions>(o => o.IncludeFormattedMessage = true)
        .ConfigureOpenTelemetryLoggerProvider((p, logs) => logs.AddProcessor(
            new LogRouter(p.GetRequiredService<OtlpSink>(), p.GetRequiredService<DeviceClock>(), options.TakeInterval)))
        .ConfigureOpenTelemetryMeterProvider((p, metrics) => metrics.AddReader(p.GetRequiredService<MetricReader>()))
        .ConfigureOpenTelemetryTracerProvider((p, traces) => traces.AddSource(RecordSpans.SourceName).SetSampler(new AlwaysOnSampler())
            .AddProcessor(OtlpExporters.Traces(p.GetRequiredService<OtlpSink>(), options.TakeInterval)))
        .AddHostedService<TelemetryLife>()
        .AddHostedService<MetricClock>();

    private static IServiceCollection AddRecords(this IServiceCollection services, TelemetryOptions options) => services
        .AddSingleton(p => new RecordPace(options.RecordsPerMinute, options.TakeInterval, p.GetRequiredService<TimeProvider>()))
        .AddSingleton(_ => new RecordSpans(options.TraceOneIn))
        .AddSingleton<InferenceRecords>()
        .AddSingleton(p => new JobRecords(p.GetRequiredService<JobStorage>(), options.RecordsPerMinute))
        .AddHostedService<RecordWriter>()
        .AddSamples(options);

    /// <summary>Nobody looks at an input unless the operator agrees. Needs enrolment.</summary>
    private static IServiceCollection AddSamples(this IServiceCollection services, TelemetryOptions options) => !options.SampleInputs ? services : services
        .AddSingleton(p => new SampleBudget(
            () => p.GetRequiredService<DeviceClock>().Now, new DoubledFile(Path.Combine(p.GetRequiredService<DataDirectory>().Device, "samples")), options.SamplesPerDay))
        .AddSingleton<SampleSealer>()
        .AddSingleton<InputSampler>()
        .AddHostedService(p => p.GetRequiredService<InputSampler>());
}
