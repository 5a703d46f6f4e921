using EdgeServe.Engine.Device.Governor;

namespace EdgeServe.Tests.Engine.Device.Governor;

/// <summary>The decision alone, look by look.</summary>
public sealed class GovernorLadderTests
{
    private const GovernorLevel N = GovernorLevel.Normal, C = GovernorLevel.Careful, P = GovernorLevel.Protective;

    private static readonly DeviceReadings Well = new() { MemoryAvailableBytes = 500, MemoryTotalBytes = 1000 };

    [Theory]
    [InlineData(74.9, N)]
    [InlineData(75, C)]
    [InlineData(84.9, C)]
    [InlineData(85, P)]
    public void Heat_goes_up_at_once(double celsius, GovernorLevel level) => Assert.Equal(level, GovernorLadder.Next(GovernorState.Unseen, At(celsius), 3).Level);

    [Fact]
    public void Down_goes_one_rung_at_a_time_and_only_after_calm_looks_in_a_row() =>
        Assert.Equal([P, P, P, C, C, C, N], Levels(3, At(90), At(60), At(60), At(60), At(60), At(60), At(60)));

    [Fact]
    public void What_hovers_around_a_limit_does_not_flap() =>
        Assert.Equal([C, C, C, C, C, C, C], Levels(2, At(75), At(74), At(71), At(75.5), At(70.1), At(74.9), At(72)));

    [Fact]
    public void Calm_is_counted_from_the_last_warm_look() => Assert.Equal([C, C, C, C, N], Levels(2, At(75), At(60), At(73), At(60), At(60)));

    [Theory]
    [InlineData(10, 0, 500, C)]
    [InlineData(40, 0, 500, P)]
    [InlineData(0, 5, 500, C)]
    [InlineData(0, 20, 500, P)]
    [InlineData(0, 0, 100, C)]
    [InlineData(0, 0, 50, P)]
    [InlineData(9.9, 4.9, 101, N)]
    public void Memory_is_short_when_there_is_little_or_somebody_waits(double some, double full, long availableOfThousand, GovernorLevel level)
    {
        var seen = Well with { MemoryWaits = some, MemoryStalls = full, MemoryAvailableBytes = availableOfThousand };
        var state = GovernorLadder.Next(GovernorState.Unseen, seen, 1);
        Assert.Equal(level, state.Level);
        Assert.Equal(level == N ? [] : [GovernorReason.Memory], state.Reasons);
    }

    [Theory]
    [InlineData(true, 31, N)]
    [InlineData(true, 30, C)]
    [InlineData(true, 10, P)]
    [InlineData(false, 5, N)]
    public void A_battery_counts_while_the_device_runs_on_it(bool on, int percent, GovernorLevel level) =>
        Assert.Equal(level, GovernorLadder.Next(GovernorState.Unseen, Well with { OnBattery = on, BatteryPercent = percent }, 1).Level);

    [Fact]
    public void Reasons_stand_for_themselves_and_the_highest_counts()
    {
        var hot = At(76) with { UnderVoltage = true, OnBattery = true, BatteryPercent = 9 };
        var state = GovernorLadder.Next(GovernorState.Unseen, hot, 1);
        Assert.Equal(P, state.Level);
        Assert.Equal([GovernorReason.Temperature, GovernorReason.UnderVoltage, GovernorReason.Battery], state.Reasons);
        state = GovernorLadder.Next(state, At(60) with { UnderVoltage = true }, 1);
        Assert.Equal([GovernorReason.UnderVoltage, GovernorReason.Battery], state.Reasons);
        Assert.Equal((C, C), (state[GovernorReason.UnderVoltage].Level, state[GovernorReason.Battery].Level));
    }

    [Fact]
    public void What_a_device_does_not_tell_never_holds_it_back() => Assert.Equal(N, GovernorLadder.Next(GovernorState.Unseen, new DeviceReadings(), 1).Level);

    private static DeviceReadings At(double celsius) => Well with { Heat = new ThermalReading("cpu", celsius, 75, 85) };

    private static GovernorLevel[] Levels(int calm, params DeviceReadings[] looks)
    {
        var state = GovernorState.Unseen;
        return [.. looks.Select(l => (state = GovernorLadder.Next(state, l, calm)).Level)];
    }
}
