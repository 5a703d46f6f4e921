using System.Globalization;

namespace EdgeServe.Engine.Device.Governor;

/// <summary>What the governor says to a person: a name, a sentence and what to do, for each reason.</summary>
public static class GovernorTexts
{
    public static string Name(GovernorLevel level) => level switch { GovernorLevel.Normal => "normal", GovernorLevel.Careful => "careful", _ => "protective" };

    public static string Name(BackgroundWork work) => work switch { BackgroundWork.Runs => "runs", BackgroundWork.OneAtATime => "one_at_a_time", _ => "waits" };

    public static string Name(GovernorReason reason) => reason switch
    {
        GovernorReason.Memory => "memory",
        GovernorReason.Temperature => "temperature",
        GovernorReason.Throttled => "throttled",
        GovernorReason.UnderVoltage => "under_voltage",
        _ => "battery",
    };

    /// <summary>What was seen.</summary>
    public static string Seen(GovernorReason reason, DeviceReadings seen) => reason switch
    {
        GovernorReason.Memory => string.Create(CultureInfo.InvariantCulture, $"{seen.MemoryAvailableBytes >> 20} of {seen.MemoryTotalBytes >> 20} MiB of memory are left, {seen.MemoryWaits ?? 0:0.#} % of the time somebody waits for some"),
        GovernorReason.Temperature when seen.Heat is { } heat => string.Create(CultureInfo.InvariantCulture, $"{heat.Zone} is at {heat.Celsius:0.#} °C, careful from {heat.Careful:0.#}, protective from {heat.Protective:0.#}"),
        GovernorReason.Throttled => seen.Throttled ?? "the processor was throttled a moment ago",
        GovernorReason.UnderVoltage => $"the supply voltage {(seen.UnderVoltage ? "is" : "was a moment ago")} too low",
        GovernorReason.Battery => string.Create(CultureInfo.InvariantCulture, $"the battery holds {seen.BatteryPercent ?? 0} %"),
        _ => "no zone tells its temperature any more",
    };

    /// <summary>What to do about it.</summary>
    public static string Hint(GovernorReason reason) => reason switch
    {
        GovernorReason.Memory => "Serve fewer models (Repository:LoadAtStart), or stop what else runs here.",
        GovernorReason.Temperature => "Give the box air and shade.",
        GovernorReason.Throttled => "Give the box air and shade, and a power supply that is strong enough.",
        GovernorReason.UnderVoltage => "Use the board's own power supply and a short cable.",
        _ => "Charge it, or connect the power supply.",
    };
}
