using EdgeServe.Engine.Device;
using EdgeServe.Tests.Engine.Storage;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Engine.Device;

public sealed class DeviceClockTests
{
    private static readonly DateTimeOffset Today = new(2027, 3, 1, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void It_counts_running_time_whatever_the_wall_clock_does()
    {
        var time = new JumpingTime(Today);
        var clock = new DeviceClock(time, null, "boot", TimeSpan.FromHours(1));
        time.Wall = Today.AddYears(10);
        Assert.Equal(0, clock.Now);
        time.Wall = DateTimeOffset.UnixEpoch;
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(3000, clock.Now);
    }

    [Fact]
    public void A_restart_within_a_boot_counts_the_time_between()
    {
        using var folder = new TempFolder();
        Run(folder, "boot", TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1));
        var again = new DeviceClock(new FakeTimeProvider(Today), folder.Path, "boot", TimeSpan.FromMinutes(15));
        Assert.Equal((long)TimeSpan.FromMinutes(5).TotalMilliseconds, again.Now);
    }

    [Fact]
    public void Time_without_power_does_not_count_and_nothing_goes_back()
    {
        using var folder = new TempFolder();
        Run(folder, "boot", TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1));
        var again = new DeviceClock(new FakeTimeProvider(DateTimeOffset.UnixEpoch), folder.Path, "another boot", TimeSpan.FromSeconds(20));
        Assert.Equal((long)TimeSpan.FromMinutes(1).TotalMilliseconds, again.Now);
        again.AtLeast(100_000);
        Assert.Equal(100_000, again.Now);
        again.AtLeast(50_000);
        Assert.Equal(100_000, again.Now);
    }

    [Fact]
    public void It_says_how_far_the_wall_clock_can_be_believed()
    {
        using var folder = new TempFolder();
        Assert.Equal(ClockQuality.Unset, new DeviceClock(new FakeTimeProvider(DateTimeOffset.UnixEpoch), null, "boot", TimeSpan.Zero).Quality);
        Run(folder, "boot", TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1));
        Assert.Equal(ClockQuality.SetBack, new DeviceClock(new FakeTimeProvider(Today.AddDays(-30)), folder.Path, "boot", TimeSpan.FromHours(1)).Quality);
        Assert.NotEqual(ClockQuality.SetBack, new DeviceClock(new FakeTimeProvider(Today.AddDays(1)), folder.Path, "boot", TimeSpan.FromHours(1)).Quality);
    }

    private static void Run(TempFolder folder, string boot, TimeSpan uptime, TimeSpan length)
    {
        var time = new FakeTimeProvider(Today);
        var clock = new DeviceClock(time, folder.Path, boot, uptime);
        time.Advance(length);
        clock.Save();
    }
}
