namespace EdgeServe.Engine.Device;

/// <summary>The clock was not set: why, and what to do.</summary>
public sealed class ClockException(ClockError error, string message, string hint) : Exception(message)
{
    public ClockError Error { get; } = error;

    /// <summary>The next step for a human.</summary>
    public string Hint { get; } = hint;
}
