namespace EdgeServe.Engine.Device.Lights;

/// <summary>What a press means. It is known when the button is let go.</summary>
public enum ButtonPress
{
    /// <summary>Let go of the stick.</summary>
    Short,

    /// <summary>Let one more tablet in.</summary>
    Long,

    /// <summary>Held since the start, and long: back to the models before.</summary>
    HeldAtStart,
}
