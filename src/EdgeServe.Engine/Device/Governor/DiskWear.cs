using System.Globalization;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Device.Governor;

/// <summary>What cards and soldered flash say of their age, and what this process writes. SD cards do not say; eMMC does.</summary>
internal sealed class DiskWear(SystemFiles files, TimeProvider time)
{
    private static readonly TimeSpan TooShortToTell = TimeSpan.FromMinutes(10);
    private readonly long _began = time.GetTimestamp();

    /// <returns>Percent of its life that the worst one has used; null: none says.</returns>
    public int? Percent()
    {
        int? worst = null;
        foreach (string disk in files.Entries("/sys/block", "mmcblk*"))
        {
            // Two estimates, each in tens of percent: 0x01 is up to 10 %, 0x0B beyond all of it, 0x00 unknown.
            foreach (string estimate in files.Text(disk + "/device/life_time")?.Split(' ') ?? [])
            {
                if (int.TryParse(estimate.Replace("0x", "", StringComparison.Ordinal), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int tens) && tens is > 0 and <= 0x0B)
                    worst = Math.Max(worst ?? 0, tens * 10);
            }
        }

        return worst;
    }

    public long? WrittenPerDay()
    {
        var ran = time.GetElapsedTime(_began);
        return ran >= TooShortToTell && files.Field("/proc/self/io", "write_bytes:") is { } written ? (long)(written / ran.TotalDays) : null;
    }
}
