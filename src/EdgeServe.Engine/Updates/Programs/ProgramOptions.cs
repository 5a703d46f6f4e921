namespace EdgeServe.Engine.Updates.Programs;

/// <summary>Where programs are handed to root.</summary>
public sealed record ProgramOptions
{
    /// <summary>Root's folder; empty: this box takes no programs.</summary>
    public string Directory { get; init; } = "";

    /// <summary>Socket of root's helper.</summary>
    public string Helper { get; init; } = "";
}
