using EdgeServe.Engine.Device;

namespace EdgeServe.Engine.Telemetry.Series;

/// <summary>What the wall clock showed during one boot, as far as it was believed best: when it is set right, the points before move with it.</summary>
/// <param name="BootId">The boot's own id.</param>
/// <param name="SinceRunningMs">Running time at which it began; it reaches to the next boot's.</param>
/// <param name="WallMinusRunningMs">Add it to a running time and have milliseconds since 1970.</param>
/// <param name="Quality">How far that wall clock can be believed.</param>
public sealed record BootClock(string BootId, long SinceRunningMs, long WallMinusRunningMs, ClockQuality Quality)
{
    /// <summary>The better of what was known and what the clock shows now.</summary>
    public BootClock Seen(long runningMs, long wallMs, ClockQuality quality) =>
        Rank(quality) >= Rank(Quality) ? this with { WallMinusRunningMs = wallMs - runningMs, Quality = quality } : this;

    private static int Rank(ClockQuality quality) => quality switch
    {
        ClockQuality.Synchronized => 3,
        ClockQuality.Free => 2,
        ClockQuality.SetBack => 1,
        _ => 0,
    };
}
