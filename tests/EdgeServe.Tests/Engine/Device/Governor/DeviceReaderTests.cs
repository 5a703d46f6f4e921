using EdgeServe.Engine.Device.Governor;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Storage;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Engine.Device.Governor;

/// <summary>What boards write into /proc and /sys, read from a tree that looks like theirs.</summary>
public sealed class DeviceReaderTests : IDisposable
{
    private readonly BoardTree _board = new();
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _board.Dispose();

    [Fact]
    public void A_machine_that_tells_nothing_is_unknown_and_no_error()
    {
        var seen = Reader().Look();
        Assert.Equal(new DeviceReadings { DiskFreeBytes = seen.DiskFreeBytes }, seen);
    }

    [Fact]
    public void Of_several_zones_the_one_closest_to_its_own_limit_counts()
    {
        _board.Zone(0, "cpu-thermal", 70, ("passive", 80), ("critical", 110)).Zone(1, "soc", 78, ("critical", 120)).Zone(2, "gpu", 74, ("active", 20), ("passive", 76));
        // Always the same, and a radio.
        _board.Zone(3, "PMIC-Die", 100).Zone(4, "iwlwifi_1", 90).Zone(5, "broken", -274);
        Assert.Equal(new ThermalReading("soc", 78, 75, 85), Reader().Look().Heat);
        _board.Zone(1, "soc", 40);
        Assert.Equal(new ThermalReading("gpu", 74, 71, 76), Reader().Look().Heat);
        _board.Zone(2, "gpu", 40).Zone(0, "cpu-thermal", 99);
        Assert.Equal(new ThermalReading("cpu-thermal", 99, 75, 80), Reader().Look().Heat);
    }

    [Fact]
    public void A_zone_that_switches_the_machine_off_early_is_spared_early()
    {
        _board.Zone(0, "cpu", 50, ("critical", 70));
        Assert.Equal(new ThermalReading("cpu", 50, 55, 60), Reader().Look().Heat);
    }

    [Theory]
    [InlineData("0", null, false)]
    [InlineData("50000", null, false)]
    [InlineData("1", null, true)]
    [InlineData("2", "caps", false)]
    [InlineData("4", "throttles", false)]
    [InlineData("8", "soft temperature limit", false)]
    [InlineData("50005", "throttles", true)]
    [InlineData("nonsense", null, false)]
    public void The_firmware_of_a_raspberry_pi_says_what_is_now_and_not_what_was(string bits, string? why, bool weak)
    {
        _board.Set("/sys/devices/platform/soc/soc:firmware/get_throttled", bits);
        var seen = Reader().Look();
        Assert.Equal(weak, seen.UnderVoltage);
        if (why is null)
            Assert.Null(seen.Throttled);
        else
            Assert.Contains(why, seen.Throttled, StringComparison.Ordinal);
    }

    [Fact]
    public void The_voltage_monitor_of_the_board_is_heard_and_no_other()
    {
        _board.Set("/sys/class/hwmon/hwmon0/name", "nvme").Set("/sys/class/hwmon/hwmon0/in0_lcrit_alarm", "1");
        Assert.False(Reader().Look().UnderVoltage);
        _board.Set("/sys/class/hwmon/hwmon1/name", "rpi_volt").Set("/sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1");
        Assert.True(Reader().Look().UnderVoltage);
    }

    [Fact]
    public void The_firmwares_program_is_asked_where_there_is_no_file_and_once_a_minute()
    {
        _board.Set("/usr/bin/vcgencmd", "#!/bin/sh\necho x >> \"$(dirname \"$0\")/asked\"\necho \"throttled=0x50004\"");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path.Combine(_board.Path, "usr/bin/vcgencmd"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var reader = Reader();
        Assert.NotNull(reader.Look().Throttled);
        Assert.NotNull(reader.Look().Throttled);
        Assert.Single(File.ReadAllLines(Path.Combine(_board.Path, "usr/bin/asked")));
        _time.Advance(TimeSpan.FromMinutes(1));
        reader.Look();
        Assert.Equal(2, File.ReadAllLines(Path.Combine(_board.Path, "usr/bin/asked")).Length);
    }

    [Fact]
    public void A_clock_that_is_lower_than_it_was_is_throttled_one_that_always_was_is_not()
    {
        const string file = "/sys/devices/system/cpu/cpufreq/policy0/scaling_max_freq";
        _board.Set(file, "1800000");
        var reader = Reader();
        Assert.Null(reader.Look().Throttled);
        _board.Set(file, "1200000");
        Assert.Equal("the processor's highest clock is 1200 MHz instead of 1800", reader.Look().Throttled);
        Assert.Null(Reader().Look().Throttled);
    }

    [Fact]
    public void Pressure_is_the_machines_or_the_services_own_whichever_is_more()
    {
        _board.Set("/proc/pressure/memory", "some avg10=3.25 avg60=0.00 avg300=0.00 total=1\nfull avg10=1.50 avg60=0.00 avg300=0.00 total=1")
            .Set("/proc/self/cgroup", "0::/system.slice/edgeserve.service")
            .Set("/sys/fs/cgroup/system.slice/edgeserve.service/memory.pressure", "some avg10=12.00 avg60=0.00 avg300=0.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1");
        var seen = Reader().Look();
        Assert.Equal((12.0, 1.5), (seen.MemoryWaits, seen.MemoryStalls));
    }

    [Fact]
    public void The_tightest_control_group_says_what_is_left_and_page_cache_counts_as_left()
    {
        _board.Memory(available: 900, total: 1000).Set("/proc/self/cgroup", "1:cpu:/old\n0::/system.slice/edgeserve.service");
        const string own = "/sys/fs/cgroup/system.slice/edgeserve.service";
        _board.Set(own + "/memory.max", "max").Set(own + "/memory.high", $"{500 << 20}").Set(own + "/memory.current", $"{450 << 20}").Set(own + "/memory.stat", $"anon 1\nactive_file 7\ninactive_file {100 << 20}\ninactive_file_x 3");
        var seen = Reader().Look();
        Assert.Equal((150L << 20, 500L << 20), (seen.MemoryAvailableBytes, seen.MemoryTotalBytes));
        _board.Set("/sys/fs/cgroup/system.slice/memory.max", $"{400 << 20}").Set("/sys/fs/cgroup/system.slice/memory.current", $"{390 << 20}");
        Assert.Equal(10L << 20, Reader().Look().MemoryAvailableBytes);
    }

    [Fact]
    public void A_battery_of_its_own_counts_and_that_of_a_mouse_does_not()
    {
        Battery("mouse", "Discharging", 3).Set("/sys/class/power_supply/mouse/scope", "Device");
        _board.Set("/sys/class/power_supply/AC/type", "Mains").Set("/sys/class/power_supply/AC/online", "1");
        Assert.Equal((false, null), Power());
        Battery("BAT0", "Charging", 40);
        Assert.Equal((false, 40), Power());
        Battery("BAT0", "Discharging", 39);
        Assert.Equal((true, 39), Power());
    }

    [Theory]
    [InlineData("0x01 0x02", 20)]
    [InlineData("0x0B 0x01", 110)]
    [InlineData("0x00 0x00", null)]
    [InlineData("", null)]
    public void Flash_memory_says_how_old_it_is(string life, int? percent)
    {
        _board.Set("/sys/block/mmcblk0/device/life_time", life);
        Assert.Equal(percent, Reader().Look().DiskWearPercent);
    }

    [Fact]
    public void Writes_a_day_are_told_once_there_is_something_to_tell()
    {
        _board.Set("/proc/self/io", "rchar: 1\nwrite_bytes: 1000000\ncancelled_write_bytes: 0");
        var reader = Reader();
        Assert.Null(reader.Look().WrittenBytesPerDay);
        _time.Advance(TimeSpan.FromHours(12));
        Assert.Equal(2_000_000, reader.Look().WrittenBytesPerDay);
    }

    private BoardTree Battery(string name, string status, int percent)
    {
        string supply = $"/sys/class/power_supply/{name}";
        return _board.Set(supply + "/type", "Battery").Set(supply + "/status", status).Set(supply + "/capacity", $"{percent}");
    }

    private (bool OnBattery, int? Percent) Power()
    {
        var seen = Reader().Look();
        return (seen.OnBattery, seen.BatteryPercent);
    }

    private DeviceReader Reader()
    {
        var files = new SystemFiles(_board.Path);
        return new DeviceReader(files, new MachineMemory(files), new GovernorOptions(), _board.Path, _time);
    }
}
