using EdgeServe.Engine.Models;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Metrics;

namespace EdgeServe.Engine.Telemetry;

/// <summary>
/// Says when metrics are collected. A card that is written to wears out: a box that serves nothing has little to tell and
/// tells it every fourth time. Counters are cumulative, so that nothing is lost in between.
/// </summary>
internal sealed class MetricClock(MetricReader reader, ModelCatalog catalog, TelemetryOptions options, TimeProvider time) : BackgroundService
{
    private const int IdleTurns = 4;
    private const int PatienceMilliseconds = 5000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.MetricInterval, time);
        long seen = 0;
        for (int idle = 1; await timer.WaitForNextTickAsync(stoppingToken); idle++)
        {
            long served = catalog.Statistics.Sum(s => s.Statistics.Success.Count + s.Statistics.Fail.Count);
            if (served == seen && idle < IdleTurns)
                continue;
            (seen, idle) = (served, 0);
            reader.Collect(PatienceMilliseconds);
        }
    }
}
