using System.Diagnostics.Metrics;
using EdgeServe.Engine.Updates;

namespace EdgeServe.Http.Metrics;

/// <summary>Releases, read when Prometheus asks.</summary>
internal sealed class UpdateMetrics : IDisposable
{
    public const string MeterName = "EdgeServe.Updates";
    private readonly Meter _meter = new(MeterName);

    public UpdateMetrics(UpdateRecords records, Updater updater)
    {
        _meter.CreateObservableGauge("edgeserve_release", () => records.Serving?.Release ?? 0, description: "Release of the channel that serves; 0: none.");
        _meter.CreateObservableGauge("edgeserve_update_probation", () => records.Journal.State.Probation is null ? 0 : 1, description: "1 while the release that serves may be taken back.");
        _meter.CreateObservableGauge("edgeserve_update_held", () => records.Journal.State.Held ? 1 : 0, description: "1 while an operator holds updates.");
        _meter.CreateObservableCounter("edgeserve_update_fetched_bytes_total", () => updater.FetchedBytes, description: "Bytes fetched for updates since the process began.");
        _meter.CreateObservableGauge("edgeserve_update_last", () => records.Last is { } last
            ? new Measurement<long>(last.Release, new KeyValuePair<string, object?>("code", last.Code))
            : new Measurement<long>(0, new KeyValuePair<string, object?>("code", "none")), description: "How the last update ended, by its code; the value is its release.");
    }

    public void Dispose() => _meter.Dispose();
}
