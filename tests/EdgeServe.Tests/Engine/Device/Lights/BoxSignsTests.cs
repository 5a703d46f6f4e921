using EdgeServe.Engine.Device.Lights;

namespace EdgeServe.Tests.Engine.Device.Lights;

public sealed class BoxSignsTests
{
    private static readonly BoxSigns Well = new() { Ready = true };

    public static TheoryData<LightState, BoxSigns> Rows() => new()
    {
        { LightState.Ready, Well },
        { LightState.Busy, Well with { Busy = true } },
        { LightState.Degraded, Well with { Busy = true, Degraded = true } },
        { LightState.Updating, Well with { Busy = true, Degraded = true, Updating = true } },
        { LightState.Starting, new BoxSigns { Degraded = true, Busy = true, Updating = true } },
        { LightState.Pairing, Well with { Degraded = true, Pairing = true } },
        { LightState.StickDone, Well with { Degraded = true, Pairing = true, StickDone = true } },
        { LightState.Refused, Well with { StickDone = true, StickRefused = true } },
        { LightState.StickReading, Well with { StickDone = true, StickRefused = true, StickWorking = true } },
        { LightState.Refused, Well with { StickWorking = true, ButtonRefused = true } },
        { LightState.LetGo, Well with { StickWorking = true, ButtonRefused = true, ButtonHeld = true } },
        { LightState.Off, Well with { Stopping = true, ButtonHeld = true, StickWorking = true } },
        { LightState.Starting, default },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_most_urgent_for_whoever_stands_there_wins(LightState state, BoxSigns signs) => Assert.Equal(state, signs.State);
}
