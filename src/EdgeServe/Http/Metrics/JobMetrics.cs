using System.Diagnostics.Metrics;
using EdgeServe.Engine.Jobs;
using EdgeServe.Http.Jobs;

namespace EdgeServe.Http.Metrics;

/// <summary>Jobs and storage, read when Prometheus asks.</summary>
internal sealed class JobMetrics : IDisposable
{
    public const string MeterName = "EdgeServe.Jobs";
    private readonly Meter _meter = new(MeterName);

    public JobMetrics(JobService jobs)
    {
        _meter.CreateObservableGauge("edgeserve_jobs", () => Enum.GetValues<JobState>().Select(s =>
            new Measurement<long>(jobs.Totals[s], new KeyValuePair<string, object?>("state", JobViews.Name(s)))), description: "Jobs kept, by state.");
        _meter.CreateObservableGauge("edgeserve_job_bytes", () => jobs.Totals.Bytes, description: "Requests and results of all jobs.");
        _meter.CreateObservableGauge("edgeserve_job_bytes_limit", () => jobs.Options.MaxBytes, description: "Bound on requests and results of all jobs.");
        _meter.CreateObservableCounter("edgeserve_jobs_lost_total", () => jobs.Lost, description: "Jobs lost to damaged storage since the process began.");
        _meter.CreateObservableGauge("edgeserve_jobs_log_missing", () => jobs.LogWasMissing ? 1 : 0, description: "1 when the write-ahead log was gone at the start: jobs that were in it are lost.");
        _meter.CreateObservableGauge("edgeserve_disk_free_bytes", () => jobs.FreeBytes, description: "Free bytes where the data directory is.");
        _meter.CreateObservableGauge("edgeserve_degraded", () => Degraded(jobs), description: "1 when a part does not work; the reason says why.");
    }

    public void Dispose() => _meter.Dispose();

    private static Measurement<int> Degraded(JobService jobs) => jobs.Trouble is { } trouble
        ? new Measurement<int>(1, new KeyValuePair<string, object?>("part", "jobs"), new KeyValuePair<string, object?>("reason", "Storage" + trouble.Error))
        : new Measurement<int>(0, new KeyValuePair<string, object?>("part", "jobs"), new KeyValuePair<string, object?>("reason", ""));
}
