using System.Diagnostics.Metrics;

namespace EdgeServe.Engine.Inference;

/// <summary>The meter of the infer flow. Durations in seconds, tagged <c>model</c> and <c>version</c>.</summary>
public static class ServingMeter
{
    public const string Name = "EdgeServe";

    internal static readonly Meter Meter = new(Name);

    internal static readonly Histogram<double> RequestDuration = Meter.CreateHistogram<double>(
        "edgeserve_request_duration", "s", "Time from queueing a successful request to its outputs.");

    internal static readonly Histogram<double> QueueDuration = Meter.CreateHistogram<double>(
        "edgeserve_queue_duration", "s", "Time a successful request waited for an instance.");

    internal static readonly Histogram<double> ComputeDuration = Meter.CreateHistogram<double>(
        "edgeserve_compute_duration", "s", "Time the engine ran for a successful request.");
}
