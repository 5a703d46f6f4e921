namespace EdgeServe.Engine.Device.Governor;

/// <summary>What a device can be short of.</summary>
public enum GovernorReason
{
    /// <summary>Little is left, or whoever wants some has to wait for it.</summary>
    Memory,

    /// <summary>A thermal zone is close to where the hardware slows down.</summary>
    Temperature,

    /// <summary>The hardware has slowed itself down.</summary>
    Throttled,

    /// <summary>The power supply is too weak.</summary>
    UnderVoltage,

    /// <summary>It runs on a battery that is low.</summary>
    Battery,
}
