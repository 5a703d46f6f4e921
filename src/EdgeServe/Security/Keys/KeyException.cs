namespace EdgeServe.Security.Keys;

/// <summary>A change of keys was refused: why, and what to do.</summary>
internal sealed class KeyException(KeyError error, string message, string hint) : Exception(message)
{
    public KeyError Error { get; } = error;

    /// <summary>The next step for a human.</summary>
    public string Hint { get; } = hint;
}
