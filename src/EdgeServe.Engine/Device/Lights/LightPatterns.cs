namespace EdgeServe.Engine.Device.Lights;

/// <summary>The one table from states to what is seen. The kit card draws it; README shows it.</summary>
public static class LightPatterns
{
    private const int Short = 200;
    private const int Pause = 1400;

    public static LightPattern Of(LightState state) => state switch
    {
        LightState.LetGo => new(LightColours.All, [100, 100]),
        LightState.Refused => new(LightColours.Red, Flashes(4)),
        LightState.StickReading => new(LightColours.Amber, [250, 250]),
        LightState.StickDone => new(LightColours.Green, Flashes(1)),
        LightState.Pairing => new(LightColours.Green, Flashes(5)),
        LightState.Starting => new(LightColours.Amber, [1000, 1000]),
        LightState.Updating => new(LightColours.Amber, Flashes(2)),
        LightState.Degraded => new(LightColours.Amber, Flashes(3)),
        LightState.Busy => new(LightColours.Green, [1700, 300]),
        LightState.Ready => new(LightColours.Green, []),
        _ => new(LightColours.None, []),
    };

    /// <summary>So many short flashes, then a pause that nobody takes for the gap between two.</summary>
    private static int[] Flashes(int count) => [.. Enumerable.Repeat(Short, (2 * count) - 1), Pause];
}
