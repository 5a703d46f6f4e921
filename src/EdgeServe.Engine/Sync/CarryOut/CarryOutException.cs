namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>Carried-out telemetry, or its acknowledgement, was refused or could not be moved: what, why, and what to do.</summary>
internal sealed class CarryOutException(CarryOutError error, string message, string? hint = null, Exception? inner = null) : Exception(message, inner)
{
    public CarryOutError Error { get; } = error;

    /// <summary>The next step for a person; null when the message says it.</summary>
    public string? Hint { get; } = hint;
}
