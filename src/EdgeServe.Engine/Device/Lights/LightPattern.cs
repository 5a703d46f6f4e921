namespace EdgeServe.Engine.Device.Lights;

/// <summary>A colour and a rhythm. The rhythm alone tells the states apart, for boxes with one light and for people who do not tell red from green.</summary>
/// <param name="Colours">What lights up.</param>
/// <param name="Steps">Milliseconds on, off, on, off … over and over; empty: on all the time.</param>
public sealed record LightPattern(LightColours Colours, IReadOnlyList<int> Steps)
{
    public int CycleMilliseconds { get; } = Steps.Sum();

    /// <summary>Is it on that long after it began, and for how long does that stay so? Steady ones stay for ever.</summary>
    public (bool Lit, TimeSpan Left) At(TimeSpan since)
    {
        if (Steps.Count == 0)
            return (Colours != LightColours.None, TimeSpan.MaxValue);
        double at = since.TotalMilliseconds % CycleMilliseconds;
        int step = 0;
        while (at >= Steps[step])
            at -= Steps[step++];
        return (step % 2 == 0, TimeSpan.FromMilliseconds(Math.Ceiling(Steps[step] - at)));
    }
}
