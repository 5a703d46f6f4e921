namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>How the box looks at sticks.</summary>
public sealed record StickOptions
{
    public const string DefaultMediaDirectory = "/run/edgeserve/media";

    /// <summary>Every folder in it is a medium, mounted there or not. Empty: sticks are not looked at.</summary>
    public string MediaDirectory { get; init; } = DefaultMediaDirectory;

    /// <summary>Socket of the helper that mounted the sticks read-only; null: they are written to as they are.</summary>
    public string? HelperSocket { get; init; }

    /// <summary>May a stick enrol a box that belongs to no fleet?</summary>
    public bool EnrolFromMedia { get; init; } = true;

    /// <summary>What people call this box, in the report on the stick.</summary>
    public string DeviceName { get; init; } = "edgeserve";
}
