using System.Diagnostics.Metrics;
using EdgeServe.Engine.Device.Governor;

namespace EdgeServe.Http.Metrics;

/// <summary>How far the device is spared and what was seen last, read when Prometheus asks.</summary>
internal sealed class GovernorMetrics : IDisposable
{
    public const string MeterName = "EdgeServe.Governor";
    private readonly Meter _meter = new(MeterName);

    public GovernorMetrics(DeviceGovernor governor)
    {
        _meter.CreateObservableGauge("edgeserve_governor_level", () => GovernorState.All.Select(r => new Measurement<int>(
            (int)governor.State[r].Level, new KeyValuePair<string, object?>("reason", GovernorTexts.Name(r)))), description: "How far each reason asks the device to be spared: 0 not, 1 careful, 2 protective; the highest counts.");
        _meter.CreateObservableGauge("edgeserve_temperature_celsius", () => One(governor.Seen.Heat?.Celsius, "zone", governor.Seen.Heat?.Zone), description: "The thermal zone that is closest to its limit.");
        _meter.CreateObservableGauge("edgeserve_memory_available_bytes", () => One<long>(governor.Seen.MemoryAvailableBytes), description: "What the machine, or the service's control group, has left.");
        _meter.CreateObservableGauge("edgeserve_memory_wait_percent", () => One(governor.Seen.MemoryWaits), description: "Percent of the last ten seconds in which somebody waited for memory (PSI).");
        _meter.CreateObservableGauge("edgeserve_disk_wear_percent", () => One<int>(governor.Seen.DiskWearPercent), description: "Of its life that the eMMC has used, by its own estimate.");
        _meter.CreateObservableGauge("edgeserve_battery_percent", () => One<int>(governor.Seen.BatteryPercent), description: "What the device's battery holds.");
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>Nothing at all where the device does not tell.</summary>
    private static IEnumerable<Measurement<T>> One<T>(T? value, string? label = null, string? text = null)
        where T : struct
    {
        if (value is { } known)
            yield return label is null ? new Measurement<T>(known) : new Measurement<T>(known, new KeyValuePair<string, object?>(label, text));
    }
}
