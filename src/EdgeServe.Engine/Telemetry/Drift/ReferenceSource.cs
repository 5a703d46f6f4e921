namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>Where a reference is from.</summary>
public enum ReferenceSource
{
    /// <summary>The profile that came with the model.</summary>
    Shipped,

    /// <summary>The first requests on this device.</summary>
    Learned,

    /// <summary>It is being learned from what comes in now.</summary>
    Learning,
}
