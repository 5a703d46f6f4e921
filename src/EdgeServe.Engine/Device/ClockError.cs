namespace EdgeServe.Engine.Device;

/// <summary>Why a clock is not set: a closed set.</summary>
public enum ClockError
{
    /// <summary>No time, or one that cannot be: before the program was made or something was signed, or far ahead.</summary>
    Implausible,

    /// <summary>A time source keeps the clock already.</summary>
    BetterSource,

    /// <summary>The service may not set the machine's clock.</summary>
    NotPermitted,
}
