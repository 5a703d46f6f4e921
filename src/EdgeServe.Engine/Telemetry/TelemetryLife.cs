using EdgeServe.Engine.Telemetry.Outbox;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace EdgeServe.Engine.Telemetry;

/// <summary>The outbox opens before anything is served and closes when everything else has stopped and said its last.</summary>
internal sealed class TelemetryLife(TelemetryOutbox outbox, OtlpSink sink, LoggerProvider logs, TracerProvider traces, MetricReader metrics) : IHostedLifecycleService
{
    private const int PatienceMilliseconds = 2000;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        outbox.Start();
        sink.Attach(outbox);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        metrics.Collect(PatienceMilliseconds);
        traces.ForceFlush(PatienceMilliseconds);
        logs.ForceFlush(PatienceMilliseconds);
        await outbox.DisposeAsync();
    }
}
