namespace EdgeServe.Cli;

/// <summary>The running service did not do what was asked, or none runs.</summary>
internal sealed class ServiceException(string message, string? hint) : Exception(message)
{
    /// <summary>What to do about it.</summary>
    public string? Hint { get; } = hint;
}
