namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>How far what comes in is from the reference.</summary>
public enum DriftLevel : byte
{
    /// <summary>Too few rows since the start, or the reference is still being learned.</summary>
    Unknown,

    /// <summary>As expected.</summary>
    Ok,

    /// <summary>Worth a look.</summary>
    Warn,

    /// <summary>It has drifted: answers may be wrong.</summary>
    Alarm,
}
