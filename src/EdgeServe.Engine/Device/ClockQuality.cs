namespace EdgeServe.Engine.Device;

/// <summary>How far the wall clock can be believed.</summary>
public enum ClockQuality
{
    /// <summary>Before this program was made: nobody ever set it.</summary>
    Unset,

    /// <summary>It was set once; nothing disciplines it now.</summary>
    Free,

    /// <summary>The kernel says a time source disciplines it.</summary>
    Synchronized,

    /// <summary>It shows an earlier time than it did before: it was set back, or its battery is empty.</summary>
    SetBack,
}
