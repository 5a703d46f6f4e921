namespace EdgeServe.Engine.Telemetry.Series;

/// <param name="Name">On the wire and in the file.</param>
/// <param name="Unit">Of its points, in UCUM's words; 1: a number without one.</param>
/// <param name="Rollup">How the points of a longer step are made of those of a shorter one.</param>
public sealed record SeriesInfo(string Name, string Unit, SeriesRollup Rollup)
{
    /// <summary>By <see cref="SeriesKind"/>.</summary>
    public static readonly IReadOnlyList<SeriesInfo> All =
    [
        new("requests_per_second", "/s", SeriesRollup.Mean),
        new("errors_per_second", "/s", SeriesRollup.Mean),
        new("latency_p50_ms", "ms", SeriesRollup.Mean),
        new("latency_p99_ms", "ms", SeriesRollup.Most),
        new("queue_depth", "1", SeriesRollup.Most),
        new("memory_bytes", "By", SeriesRollup.Most),
        new("cpu_temperature_celsius", "Cel", SeriesRollup.Most),
        new("jobs_waiting", "1", SeriesRollup.Most),
        new("drift_psi_max", "1", SeriesRollup.Most),
        new("degraded", "1", SeriesRollup.Most),
        new("disk_free_bytes", "By", SeriesRollup.Least),
    ];
}
