using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Device.Governor;

/// <summary>Has the hardware slowed itself down, and does the power supply hold? The Raspberry Pi's firmware says both; elsewhere the highest clock that is allowed does.</summary>
internal sealed class Throttling(SystemFiles files, TimeProvider time)
{
    private const string Firmware = "/sys/devices/platform/soc/soc:firmware/get_throttled";
    private const string Clocks = "/sys/devices/system/cpu/cpufreq";
    private const string Program = "/usr/bin/vcgencmd";
    private const int UnderVoltageNow = 1, CappedNow = 2, ThrottledNow = 4, SoftLimitNow = 8;
    private static readonly TimeSpan BetweenPrograms = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly Dictionary<string, long> _highest = [];
    private long? _asked;
    private int _said;

    public (string? Why, bool UnderVoltage) Look()
    {
        int bits = Bits();
        bool weak = (bits & UnderVoltageNow) != 0 || files.Entries("/sys/class/hwmon", "hwmon*")
            .Any(h => files.Text(h + "/name") == "rpi_volt" && files.Number(h + "/in0_lcrit_alarm") == 1);
        string? why = (bits & ThrottledNow) != 0 ? "the firmware throttles the processor"
            : (bits & SoftLimitNow) != 0 ? "the firmware's soft temperature limit is reached"
            : (bits & CappedNow) != 0 ? "the firmware caps the processor's clock"
            : Capped();
        return (why, weak);
    }

    /// <summary>The kernel lowers the highest clock that is allowed. An operator may have done so before: what counts is less than was seen since the start.</summary>
    private string? Capped()
    {
        foreach (string policy in files.Entries(Clocks, "policy*"))
        {
            if (files.Number(policy + "/scaling_max_freq") is not { } now)
                continue;
            long highest = _highest[policy] = Math.Max(now, _highest.GetValueOrDefault(policy));
            if (now < highest)
                return string.Create(CultureInfo.InvariantCulture, $"the processor's highest clock is {now / 1000} MHz instead of {highest / 1000}");
        }

        return null;
    }

    private int Bits() => files.Text(Firmware) is { } text ? Parse(text) : Ask();

    /// <summary>Where the kernel has no file for it: a program to start, now and then.</summary>
    private int Ask()
    {
        if ((_asked is { } last && time.GetElapsedTime(last) < BetweenPrograms) || !File.Exists(files.PathOf(Program)))
            return _said;
        _asked = time.GetTimestamp();
        try
        {
            using var program = Process.Start(new ProcessStartInfo(files.PathOf(Program), ["get_throttled"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            if (!program.WaitForExit(Patience))
                program.Kill();
            _said = Parse(program.StandardOutput.ReadToEnd().Trim().Replace("throttled=", "", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or Win32Exception or InvalidOperationException)
        {
            _said = 0;
        }

        return _said;
    }

    private static int Parse(string text) =>
        int.TryParse(text.StartsWith("0x", StringComparison.Ordinal) ? text[2..] : text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int bits) ? bits : 0;
}
