using System.Diagnostics.Metrics;
using System.Globalization;
using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>The meter of drift, read when somebody asks.</summary>
internal sealed class DriftMeter : IDisposable
{
    public const string Name = "EdgeServe.Drift";

    /// <summary>Of one model; of more features than that, those with the highest index.</summary>
    private const int MostFeatures = 64;

    private readonly Meter _meter = new(Name);

    public DriftMeter(Func<IEnumerable<DriftState>> states)
    {
        _meter.CreateObservableGauge("edgeserve_drift_psi", () => states().SelectMany(Features), description: "Population stability index of the last window, by feature; class and confidence are the answers'.");
        _meter.CreateObservableGauge("edgeserve_drift_psi_max", () => states().Where(s => s.Features.Count > 0).Select(s => new Measurement<double>(Highest(s), Tags(s.Key))), description: "Highest population stability index of the model.");
        _meter.CreateObservableGauge("edgeserve_drift_alarm", () => states().Select(s => new Measurement<int>(s.Level == DriftLevel.Alarm ? 1 : 0, Tags(s.Key))), description: "1 while inputs or answers are not what they were.");
        _meter.CreateObservableCounter("edgeserve_drift_rows_total", () => states().Select(s => new Measurement<long>(s.Rows, Tags(s.Key))), description: "Rows compared with the reference.");
        _meter.CreateObservableCounter("edgeserve_drift_skipped_rows_total", () => states().Select(s => new Measurement<long>(s.Skipped, Tags(s.Key))), description: "Rows not looked at, so that serving does not wait for it.");
    }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<double>> Features(DriftState state) => state.Features
        .Where(f => !double.IsNaN(f.Psi)).OrderByDescending(f => f.Psi).Take(MostFeatures)
        .Select(f => new Measurement<double>(f.Psi, [.. Tags(state.Key), new("feature", f.Name)]));

    private static double Highest(DriftState state) => state.Features.Max(f => double.IsNaN(f.Psi) ? 0 : f.Psi);

    private static KeyValuePair<string, object?>[] Tags(ModelVersionKey key) => [new("model", key.Name), new("version", key.Version.ToString(CultureInfo.InvariantCulture))];
}
