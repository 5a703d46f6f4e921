namespace EdgeServe.Engine.Telemetry.Series;

/// <summary>How several points become one.</summary>
public enum SeriesRollup
{
    Mean,
    Most,
    Least,
}
