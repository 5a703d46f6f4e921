using EdgeServe.Engine.Device.Governor;
using EdgeServe.Engine.Inference;

namespace EdgeServe.Http.Operator;

/// <summary>How the device is, as clients read it.</summary>
internal sealed class GovernorViews(DeviceGovernor governor, GovernorOptions options, RunThrottle throttle)
{
    public GovernorBody Body()
    {
        var seen = governor.Seen;
        return new GovernorBody(
            options.Enabled ? GovernorTexts.Name(governor.State.Level) : "off", [.. Reasons()], (long)governor.Since.TotalMilliseconds, GovernorTexts.Name(governor.Background),
            throttle.IsOn ? throttle.Limit : null, seen.Heat?.Celsius, seen.Heat?.Zone, seen.MemoryAvailableBytes, seen.MemoryTotalBytes, seen.MemoryWaits,
            seen.UnderVoltage, seen.OnBattery, seen.BatteryPercent, seen.DiskWearPercent, seen.WrittenBytesPerDay);
    }

    public IEnumerable<SparedBody> Reasons()
    {
        var (state, seen) = (governor.State, governor.Seen);
        return state.Reasons.Select(r => new SparedBody(GovernorTexts.Name(r), GovernorTexts.Name(state[r].Level), GovernorTexts.Seen(r, seen), GovernorTexts.Hint(r)));
    }
}
