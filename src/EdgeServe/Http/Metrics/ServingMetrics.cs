using System.Diagnostics;
using System.Diagnostics.Metrics;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Http.Health;

namespace EdgeServe.Http.Metrics;

/// <summary>What the statistics and the catalog already know, read when Prometheus asks. Durations are the engine's own histograms.</summary>
internal sealed class ServingMetrics : IDisposable
{
    public const string MeterName = "EdgeServe.Serving";
    private readonly Meter _meter = new(MeterName);

    public ServingMetrics(ModelCatalog catalog, TensorMemoryPool memory, ServerState state)
    {
        _meter.CreateObservableCounter("edgeserve_requests_success_total", () => ModelTags.Each(catalog, s => s.Success.Count), description: "Requests answered.");
        _meter.CreateObservableCounter("edgeserve_requests_failure_total", () => ModelTags.Failures(catalog, e => e.ToString()), description: "Requests refused or failed, by reason.");
        _meter.CreateObservableCounter("edgeserve_inferences_total", () => ModelTags.Each(catalog, s => s.InferenceCount), description: "Rows answered: a batch of eight counts eight.");
        _meter.CreateObservableCounter("edgeserve_executions_total", () => ModelTags.Each(catalog, s => s.ExecutionCount), description: "Runs of the engine.");
        _meter.CreateObservableGauge("edgeserve_pending_requests", () => ModelTags.EachLoaded(catalog, m => m.Pending), description: "Requests waiting or running.");
        _meter.CreateObservableGauge("edgeserve_model_memory_bytes", () => ModelTags.EachLoaded(catalog, m => m.MemoryBytes), description: "What a loaded version counts against the model memory budget, by estimate.");
        _meter.CreateObservableGauge("edgeserve_model_memory_budget_bytes", () => catalog.MemoryBudgetBytes, description: "Bound on all loaded versions together.");
        _meter.CreateObservableGauge("edgeserve_tensor_bytes_in_flight", () => memory.BytesInFlight, description: "Tensor memory of requests under way.");
        _meter.CreateObservableGauge("edgeserve_tensor_bytes_limit", () => memory.MaxBytesInFlight, description: "Bound on tensor memory in flight.");
        _meter.CreateObservableGauge("edgeserve_ready", () => state.IsReady ? 1 : 0, description: "1 when /v2/health/ready says so.");
        Process();
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>The process in the names every exporter uses.</summary>
    private void Process()
    {
        double started = Started().ToUnixTimeMilliseconds() / 1000.0;
        _meter.CreateObservableGauge("process_resident_memory_bytes", () => Environment.WorkingSet, description: "Resident memory.");
        _meter.CreateObservableCounter("process_cpu_seconds_total", () => Environment.CpuUsage.TotalTime.TotalSeconds, description: "CPU time, user and system.");
        _meter.CreateObservableGauge("process_start_time_seconds", () => started, description: "Start, in seconds since 1970.");
    }

    private static DateTimeOffset Started()
    {
        try
        {
            return System.Diagnostics.Process.GetCurrentProcess().StartTime.ToUniversalTime();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // A chroot without /proc: this comes a moment after it.
            return TimeProvider.System.GetUtcNow();
        }
    }
}
