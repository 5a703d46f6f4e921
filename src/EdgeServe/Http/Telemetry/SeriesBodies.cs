namespace EdgeServe.Http.Telemetry;

/// <param name="SinceRunningMs">Running time at which a boot began; it reaches to the next one's.</param>
/// <param name="WallMinusRunningMs">Add it to a running time of this boot and have milliseconds since 1970.</param>
/// <param name="Quality">How far that wall clock can be believed.</param>
internal sealed record BootClockBody(long SinceRunningMs, long WallMinusRunningMs, string Quality);

/// <param name="Points">One a step; null: nothing was recorded then.</param>
internal sealed record OneSeriesBody(string Name, string Unit, float?[] Points);

/// <param name="StepSeconds">Between two points.</param>
/// <param name="FromRunningMs">Running time at which the first point's step begins.</param>
/// <param name="RunningMs">Running time now.</param>
/// <param name="WallMs">Milliseconds since 1970 now, by the wall clock.</param>
/// <param name="Boots">What maps running time to the wall's, the oldest boot first; between two boots the power was off for as long as the wall says.</param>
internal sealed record SeriesBody(int StepSeconds, long FromRunningMs, long RunningMs, long WallMs, BootClockBody[] Boots, OneSeriesBody[] Series);
