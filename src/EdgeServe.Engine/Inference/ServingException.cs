namespace EdgeServe.Engine.Inference;

/// <summary>A refusal or failure that a client is told about: what happened, and what to do next.</summary>
public sealed class ServingException(ServingError error, string message, string? hint = null, Exception? inner = null)
    : Exception(message, inner)
{
    public ServingError Error { get; } = error;

    /// <summary>The next step for a human, where there is one beyond the message.</summary>
    public string? Hint { get; } = hint;

    /// <summary>How long the client should wait before trying again; null where retrying is no use.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public static ServingException Invalid(string message) => new(ServingError.InvalidArgument, message);
}
