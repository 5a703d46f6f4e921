using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Device.Governor;

/// <summary>Does the device run on a battery of its own, and what does it hold?</summary>
internal sealed class PowerSupplies(SystemFiles files)
{
    public (bool OnBattery, int? Percent) Look()
    {
        bool discharging = false;
        int? lowest = null;
        foreach (string supply in files.Entries("/sys/class/power_supply", "*"))
        {
            // A mouse has one too.
            if (files.Text(supply + "/type") != "Battery" || files.Text(supply + "/scope") == "Device" || files.Number(supply + "/capacity") is not { } percent)
                continue;
            discharging |= files.Text(supply + "/status") == "Discharging";
            lowest = Math.Min(lowest ?? 100, (int)Math.Clamp(percent, 0, 100));
        }

        return (discharging, lowest);
    }
}
