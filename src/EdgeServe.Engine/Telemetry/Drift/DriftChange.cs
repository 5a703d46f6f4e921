namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>What one look at a full window changed, for those who must hear of it.</summary>
/// <param name="Before">Level of the whole model before.</param>
/// <param name="After">And now.</param>
/// <param name="Raised">Names of the features that are newly in alarm, the worst first.</param>
/// <param name="Worst">The highest PSI of those, or of all when none is.</param>
/// <param name="AlarmAt">Its limit.</param>
internal sealed record DriftChange(DriftLevel Before, DriftLevel After, IReadOnlyList<string> Raised, double Worst, double AlarmAt);
