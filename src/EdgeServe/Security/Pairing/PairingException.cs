namespace EdgeServe.Security.Pairing;

/// <summary>Pairing was refused: why, and what to do.</summary>
internal sealed class PairingException(PairingError error, string message, string hint) : Exception(message)
{
    public PairingError Error { get; } = error;

    /// <summary>The next step for a human.</summary>
    public string Hint { get; } = hint;
}
