namespace EdgeServe.Cli;

/// <summary>The running service did not do what was asked, or none runs.</summary>
internal sealed class ServiceException(string message, string? hint, string? code = null) : Exception(message)
{
    /// <summary>Of its answer; null when it gave none.</summary>
    public string? Code { get; } = code;

    /// <summary>What to do about it.</summary>
    public string? Hint { get; } = hint;
}
