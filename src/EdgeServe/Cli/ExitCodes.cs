namespace EdgeServe.Cli;

/// <summary>What the process returns.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Failed = 1;

    /// <summary>Wrong usage or configuration; all errors are listed.</summary>
    public const int Usage = 2;

    /// <summary>Refused for security.</summary>
    public const int Refused = 3;
}
