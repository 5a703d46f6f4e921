using EdgeServe.Engine.Device;
using EdgeServe.Tests.Engine.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeServe.Tests.Engine.Device;

public sealed class ClockSetterTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2027, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly TempFolder _folder = new();
    private readonly JumpingTime _time = new(new DateTimeOffset(1970, 1, 1, 0, 1, 0, TimeSpan.Zero));
    private bool _disciplined;
    private bool _permitted = true;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_box_that_never_knew_the_time_is_told_and_running_time_does_not_notice()
    {
        var clock = Clock();
        long running = clock.Now;
        Assert.Equal(1970, Setter(clock).Set(Now, "test").Year);
        Assert.Equal((Now.ToUnixTimeMilliseconds(), running, ClockQuality.Free), (clock.Wall, clock.Now, clock.Quality));
    }

    [Fact]
    public void A_mistake_can_be_corrected_backwards_over_a_restart()
    {
        var clock = Clock();
        Setter(clock).Set(Now.AddYears(15), "test");
        Setter(clock).Set(Now, "test");
        Assert.Equal(ClockQuality.Free, clock.Quality);
        Assert.Equal(ClockQuality.Free, Clock().Quality);
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData((365 * 20) + 4, true)]
    [InlineData((365 * 20) + 6, false)]
    public void The_program_s_own_age_bounds_what_is_believed(int days, bool believed) => Judge(null, DeviceClock.ProgramMade.AddDays(days), believed);

    [Theory]
    [InlineData(-1, false)]
    [InlineData(1, true)]
    public void Nothing_is_earlier_than_what_was_signed(int seconds, bool believed) => Judge(Now, Now.AddSeconds(seconds), believed);

    [Fact]
    public void A_time_source_knows_better()
    {
        _time.Wall = Now;
        _disciplined = true;
        Refused(ClockError.BetterSource, Now.AddHours(1));
    }

    [Fact]
    public void Who_may_not_set_it_says_so_and_changes_nothing()
    {
        _permitted = false;
        Refused(ClockError.NotPermitted, Now);
        Assert.Equal(1970, _time.Wall.Year);
    }

    private void Judge(DateTimeOffset? signed, DateTimeOffset time, bool believed)
    {
        var clock = Clock();
        if (believed)
            Setter(clock, signed).Set(time, "test");
        else
            Assert.Equal(ClockError.Implausible, Assert.Throws<ClockException>(() => Setter(clock, signed).Set(time, "test")).Error);
        Assert.Equal(believed ? time : new DateTimeOffset(1970, 1, 1, 0, 1, 0, TimeSpan.Zero), _time.Wall);
    }

    private void Refused(ClockError error, DateTimeOffset time) => Assert.Equal(error, Assert.Throws<ClockException>(() => Setter(Clock()).Set(time, "test")).Error);

    private static ClockSetter Setter(DeviceClock clock, DateTimeOffset? signed = null) => new(clock, () => signed, NullLogger<ClockSetter>.Instance);

    private DeviceClock Clock() => new(_time, _folder["device"], "boot", TimeSpan.Zero, () => _disciplined, time =>
    {
        if (_permitted)
            _time.Wall = time;
        return _permitted;
    });
}
