namespace EdgeServe.Engine.Device.Governor;

/// <summary>What nobody stands and waits for: jobs, looks into the registry, reading the store again.</summary>
public enum BackgroundWork
{
    Runs,

    /// <summary>The device has been careful for so long that waiting longer would starve it: one job at a time.</summary>
    OneAtATime,

    Waits,
}
