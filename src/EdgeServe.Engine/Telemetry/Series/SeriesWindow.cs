namespace EdgeServe.Engine.Telemetry.Series;

/// <param name="StepSeconds">Between two points.</param>
/// <param name="FromMs">Running time at which the first point's step begins.</param>
/// <param name="Points">One row a series that was asked for; null where nothing was recorded.</param>
/// <param name="Clocks">Boots, the oldest first.</param>
public sealed record SeriesWindow(int StepSeconds, long FromMs, IReadOnlyList<float?[]> Points, IReadOnlyList<BootClock> Clocks);
