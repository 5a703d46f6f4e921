namespace EdgeServe.Engine.Device.Lights;

/// <summary>Shows states on a panel, step by step. Whoever drives it calls <see cref="Step"/> again after the time it names, or when something changed.</summary>
internal sealed class LightShow(IPanel panel, TimeProvider time)
{
    // The nearest in meaning, for a box that lacks a colour; the rhythm says the rest.
    private static readonly LightColours[] Instead = [LightColours.Board, LightColours.Amber, LightColours.Red, LightColours.Green];
    private long _began;

    /// <summary>What is shown.</summary>
    public LightState State { get; private set; } = LightState.Off;

    /// <returns>How long nothing has to be done for the rhythm's sake.</returns>
    public TimeSpan Step(LightState state)
    {
        if (state != State)
        {
            // From its beginning, so that the first flashes can be counted.
            State = state;
            _began = time.GetTimestamp();
        }

        var pattern = LightPatterns.Of(state);
        var (lit, left) = pattern.At(time.GetElapsedTime(_began));
        panel.Show(lit ? Wired(pattern.Colours) : LightColours.None);
        return left;
    }

    private LightColours Wired(LightColours wanted)
    {
        var there = panel.Lights & wanted;
        return there != LightColours.None || wanted == LightColours.None ? there : Array.Find(Instead, c => panel.Lights.HasFlag(c));
    }
}
