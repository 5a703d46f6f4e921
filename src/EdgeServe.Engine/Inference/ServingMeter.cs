using System.Diagnostics.Metrics;

namespace EdgeServe.Engine.Inference;

/// <summary>The meter of the infer flow. Durations in seconds, tagged <c>model</c> and <c>version</c>.</summary>
public static class ServingMeter
{
    public const string Name = "EdgeServe";

    /// <summary>From a tiny model on a fast core to a long queue on a slow one.</summary>
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    internal static readonly Meter Meter = new(Name);

    internal static readonly Histogram<double> RequestDuration = Meter.CreateHistogram<double>(
        "edgeserve_request_duration", "s", "Time from queueing a successful request to its outputs.", advice: Seconds);

    internal static readonly Histogram<double> QueueDuration = Meter.CreateHistogram<double>(
        "edgeserve_queue_duration", "s", "Time a successful request waited for an instance.", advice: Seconds);

    internal static readonly Histogram<double> ComputeDuration = Meter.CreateHistogram<double>(
        "edgeserve_compute_duration", "s", "Time the engine ran for a successful request.", advice: Seconds);
}
