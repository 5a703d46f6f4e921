using System.Diagnostics.Metrics;
using System.Globalization;

namespace EdgeServe.Engine.Telemetry.Series;

/// <summary>Listens to the meters there are and makes samples of them; no part of the service knows of it.</summary>
internal sealed class SeriesListener : IDisposable
{
    private const string Temperature = "/sys/class/thermal/thermal_zone0/temp";
    private readonly MeterListener _listener = new();
    private readonly LatencyBuckets _latencies = new();
    private readonly double[] _gathered = new double[SeriesInfo.All.Count];
    private double _failures = double.NaN;

    public SeriesListener()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (KindOf(instrument.Name) is { } kind)
                listener.EnableMeasurementEvents(instrument, kind);
        };
        _listener.SetMeasurementEventCallback<double>((_, value, tags, kind) => Take((SeriesKind)kind!, value, tags));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, kind) => Take((SeriesKind)kind!, value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, kind) => Take((SeriesKind)kind!, value, tags));
    }

    public void Start() => _listener.Start();

    /// <summary>Asks all gauges and takes what came since the last time.</summary>
    /// <param name="elapsed">Since then.</param>
    /// <returns>By <see cref="SeriesKind"/>; not a number where nobody knows.</returns>
    public float[] Sample(TimeSpan elapsed)
    {
        _gathered.AsSpan().Fill(double.NaN);
        try
        {
            _listener.RecordObservableInstruments();
        }
        catch (AggregateException)
        {
            // A gauge whose part is being closed; the others have answered.
        }

        double seconds = Math.Max(elapsed.TotalSeconds, 0.001);
        var (count, half, most) = _latencies.Take();
        double failures = _gathered[(int)SeriesKind.ErrorsPerSecond];
        // No reason was ever counted: there is no measurement at all.
        double failed = (double.IsNaN(failures) ? 0 : failures) - (double.IsNaN(_failures) ? 0 : _failures);
        _failures = failures;
        _gathered[(int)SeriesKind.RequestsPerSecond] = count / seconds;
        _gathered[(int)SeriesKind.ErrorsPerSecond] = Math.Max(0, failed) / seconds;
        _gathered[(int)SeriesKind.LatencyP50Ms] = half * 1000;
        _gathered[(int)SeriesKind.LatencyP99Ms] = most * 1000;
        _gathered[(int)SeriesKind.CpuTemperatureCelsius] = CpuTemperature();
        return Array.ConvertAll(_gathered, v => (float)v);
    }

    public void Dispose() => _listener.Dispose();

    private static object? KindOf(string instrument) => instrument switch
    {
        "edgeserve_request_duration" => SeriesKind.LatencyP50Ms,
        "edgeserve_requests_failure_total" => SeriesKind.ErrorsPerSecond,
        "edgeserve_pending_requests" => SeriesKind.QueueDepth,
        "process_resident_memory_bytes" => SeriesKind.MemoryBytes,
        "edgeserve_jobs" => SeriesKind.JobsWaiting,
        "edgeserve_drift_psi_max" => SeriesKind.DriftPsiMax,
        "edgeserve_degraded" => SeriesKind.Degraded,
        "edgeserve_disk_free_bytes" => SeriesKind.DiskFreeBytes,
        _ => null,
    };

    private void Take(SeriesKind kind, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        switch (kind)
        {
            // On the threads that answer.
            case SeriesKind.LatencyP50Ms: _latencies.Record(value); break;
            case SeriesKind.JobsWaiting when !(tags.Length > 0 && tags[0].Value is "queued"): break;
            case SeriesKind.DriftPsiMax or SeriesKind.Degraded: Gather(kind, value, most: true); break;
            default: Gather(kind, value, most: false); break;
        }
    }

    private void Gather(SeriesKind kind, double value, bool most)
    {
        double have = _gathered[(int)kind];
        _gathered[(int)kind] = double.IsNaN(have) ? value : most ? Math.Max(have, value) : have + value;
    }

    private static double CpuTemperature()
    {
        try
        {
            return File.Exists(Temperature) && int.TryParse(File.ReadAllText(Temperature).AsSpan().Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int thousandths)
                ? thousandths / 1000.0 : double.NaN;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Some boards have the file and no sensor behind it.
            return double.NaN;
        }
    }
}
