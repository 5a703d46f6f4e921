namespace EdgeServe.Engine.Telemetry.Series;

/// <summary>The series that are kept. Their names are those of the route and the file, and never change.</summary>
internal enum SeriesKind
{
    RequestsPerSecond,
    ErrorsPerSecond,
    LatencyP50Ms,
    LatencyP99Ms,
    QueueDepth,
    MemoryBytes,
    CpuTemperatureCelsius,
    JobsWaiting,
    DriftPsiMax,
    Degraded,
    DiskFreeBytes,
}
