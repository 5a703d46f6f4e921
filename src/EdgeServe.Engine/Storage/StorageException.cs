namespace EdgeServe.Engine.Storage;

/// <summary>Durable storage refused or failed: what happened and what to do next.</summary>
public sealed class StorageException(StorageError error, string message, string? hint = null, Exception? inner = null) : Exception(message, inner)
{
    public StorageError Error { get; } = error;

    /// <summary>The next step for a human.</summary>
    public string? Hint { get; } = hint;
}
