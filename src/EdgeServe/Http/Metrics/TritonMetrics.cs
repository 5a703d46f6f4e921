using System.Diagnostics.Metrics;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;

namespace EdgeServe.Http.Metrics;

/// <summary>The same numbers under the names that existing dashboards query; switched on by <c>Metrics:TritonNames</c>.</summary>
internal sealed class TritonMetrics : IDisposable
{
    public const string MeterName = "EdgeServe.Triton";
    private readonly Meter _meter = new(MeterName);

    public TritonMetrics(ModelCatalog catalog)
    {
        Counter("nv_inference_request_success", "Number of successful inference requests.", s => s.Success.Count);
        _meter.CreateObservableCounter("nv_inference_request_failure", () => ModelTags.Failures(catalog, Reason), description: "Number of failed inference requests.");
        Counter("nv_inference_count", "Number of inferences performed.", s => s.InferenceCount);
        Counter("nv_inference_exec_count", "Number of model executions.", s => s.ExecutionCount);
        Counter("nv_inference_request_duration_us", "Cumulative request duration in microseconds.", s => s.Success.Nanoseconds / 1000);
        Counter("nv_inference_queue_duration_us", "Cumulative queuing duration in microseconds.", s => s.Queue.Nanoseconds / 1000);
        Counter("nv_inference_compute_infer_duration_us", "Cumulative inference duration in microseconds.", s => s.ComputeInfer.Nanoseconds / 1000);
        _meter.CreateObservableGauge("nv_inference_pending_request_count", () => ModelTags.EachLoaded(catalog, m => m.Pending), description: "Requests awaiting execution.");

        void Counter(string name, string description, Func<ModelStatistics, long> value) =>
            _meter.CreateObservableCounter(name, () => ModelTags.Each(catalog, value), description: description);
    }

    public void Dispose() => _meter.Dispose();

    private static string Reason(ServingError error) => error switch
    {
        ServingError.QueueFull or ServingError.DeadlineExceeded => "REJECTED",
        ServingError.Cancelled => "CANCELED",
        ServingError.RunFailed => "BACKEND",
        _ => "OTHER",
    };
}
