namespace EdgeServe.Engine.Device.Governor;

/// <summary>How much the device has to be spared.</summary>
public enum GovernorLevel
{
    /// <summary>Everything runs.</summary>
    Normal,

    /// <summary>Half of the cores run models; jobs and looks into the registry wait for a while.</summary>
    Careful,

    /// <summary>One run at a time; jobs and looks into the registry wait until it is over.</summary>
    Protective,
}
