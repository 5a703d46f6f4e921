namespace EdgeServe.Cli.Doctor;

/// <param name="Check">What was looked at.</param>
/// <param name="State">ok, warning or failed.</param>
/// <param name="Detail">What was seen.</param>
/// <param name="Hint">What to do about it; null when there is nothing to do.</param>
internal sealed record Finding(string Check, string State, string Detail, string? Hint)
{
    public static Finding Ok(string check, string detail) => new(check, "ok", detail, null);

    public static Finding Warning(string check, string detail, string hint) => new(check, "warning", detail, hint);

    public static Finding Failed(string check, string detail, string hint) => new(check, "failed", detail, hint);
}
