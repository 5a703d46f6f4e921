namespace EdgeServe.Engine.Device.Governor;

/// <summary>
/// The decision, from nothing but the state before and one look. Up at once; down one rung at a time, and only after
/// several looks in a row that are clearly better: what hovers around a limit does not flap.
/// </summary>
public static class GovernorLadder
{
    private const double CoolerBy = 5;

    /// <param name="before">The last state.</param>
    /// <param name="seen">What was just read; unknown counts as well.</param>
    /// <param name="calmLooks">Better looks in a row that bring a rung down.</param>
    public static GovernorState Next(GovernorState before, DeviceReadings seen, int calmLooks)
    {
        var rungs = new GovernorRung[GovernorState.All.Length];
        foreach (var reason in GovernorState.All)
            rungs[(int)reason] = Step(before[reason], Rises(reason, seen), Stays(reason, seen), calmLooks);
        return new GovernorState(rungs);
    }

    private static GovernorRung Step(GovernorRung before, GovernorLevel rises, GovernorLevel stays, int calmLooks)
    {
        if (rises > before.Level)
            return new GovernorRung(rises, 0);
        if (stays >= before.Level)
            return before with { Calm = 0 };
        return before.Calm + 1 >= calmLooks ? new GovernorRung(before.Level - 1, 0) : before with { Calm = before.Calm + 1 };
    }

    /// <summary>The level that this look asks for.</summary>
    private static GovernorLevel Rises(GovernorReason reason, DeviceReadings seen) => reason switch
    {
        GovernorReason.Memory => Highest(Grade(seen.MemoryWaits, 10, 40), Grade(seen.MemoryStalls, 5, 20), Grade(UsedPercent(seen), 90, 95)),
        GovernorReason.Temperature => Grade(seen.Heat?.Celsius, seen.Heat?.Careful ?? 0, seen.Heat?.Protective ?? 0),
        GovernorReason.Throttled => seen.Throttled is null ? GovernorLevel.Normal : GovernorLevel.Careful,
        GovernorReason.UnderVoltage => seen.UnderVoltage ? GovernorLevel.Careful : GovernorLevel.Normal,
        _ => Grade(Drained(seen), 70, 90),
    };

    /// <summary>The level below which it would have to be clearly better.</summary>
    private static GovernorLevel Stays(GovernorReason reason, DeviceReadings seen) => reason switch
    {
        GovernorReason.Memory => Highest(Grade(seen.MemoryWaits, 5, 20), Grade(seen.MemoryStalls, 2, 10), Grade(UsedPercent(seen), 85, 92)),
        GovernorReason.Temperature => Grade(seen.Heat?.Celsius, (seen.Heat?.Careful ?? 0) - CoolerBy, (seen.Heat?.Protective ?? 0) - CoolerBy),
        GovernorReason.Battery => Grade(Drained(seen), 65, 85),
        _ => Rises(reason, seen),
    };

    private static GovernorLevel Grade(double? value, double careful, double protective) =>
        value >= protective ? GovernorLevel.Protective : value >= careful ? GovernorLevel.Careful : GovernorLevel.Normal;

    private static GovernorLevel Highest(GovernorLevel a, GovernorLevel b, GovernorLevel c) => (GovernorLevel)Math.Max((int)a, Math.Max((int)b, (int)c));

    private static double? UsedPercent(DeviceReadings seen) =>
        seen is { MemoryAvailableBytes: { } available, MemoryTotalBytes: > 0 and { } total } ? 100 - (100.0 * available / total) : null;

    private static double? Drained(DeviceReadings seen) => seen is { OnBattery: true, BatteryPercent: { } holds } ? 100 - holds : null;
}
