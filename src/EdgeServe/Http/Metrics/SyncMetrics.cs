using System.Diagnostics.Metrics;
using EdgeServe.Engine.Sync;
using EdgeServe.Http.Sync;

namespace EdgeServe.Http.Metrics;

/// <summary>The way to the collector, read when Prometheus asks.</summary>
internal sealed class SyncMetrics : IDisposable
{
    public const string MeterName = "EdgeServe.Sync";
    private readonly Meter _meter = new(MeterName);

    public SyncMetrics(Forwarder forwarder)
    {
        _meter.CreateObservableGauge("edgeserve_sync_state", () => Enum.GetValues<ConnectivityState>().Select(s =>
            new Measurement<int>(forwarder.Connectivity.Current.State == s ? 1 : 0, new KeyValuePair<string, object?>("state", SyncViews.Snake(s)))), description: "1 for the state the box is in with its collector.");
        _meter.CreateObservableGauge("edgeserve_sync_needs_person", () => forwarder.Connectivity.Current.NeedsPerson ? 1 : 0, description: "1 while telemetry waits for somebody to act: a portal, a token, an address, a certificate.");
        _meter.CreateObservableCounter("edgeserve_sync_posts_total", () => Enum.GetValues<ExportOutcome>().Where(o => forwarder.Counters[o] > 0).Select(o =>
            new Measurement<long>(forwarder.Counters[o], new KeyValuePair<string, object?>("outcome", SyncViews.Snake(o)))), description: "Posts to the collector, by what became of them.");
        _meter.CreateObservableCounter("edgeserve_sync_sent_bytes_total", () => forwarder.Counters.Bytes, description: "Payload bytes posted, repetitions too.");
        _meter.CreateObservableCounter("edgeserve_sync_rejected_total", () => forwarder.Counters.Rejected, description: "Rows a collector rejected inside batches it took.");
        _meter.CreateObservableGauge("edgeserve_sync_last_contact_seconds", () => forwarder.Record.LastContact is { } contact ? [new Measurement<double>(contact.Ago.TotalSeconds)] : Array.Empty<Measurement<double>>(), description: "Running time since a collector last acknowledged; absent: never.");
    }

    public void Dispose() => _meter.Dispose();
}
