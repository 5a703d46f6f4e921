namespace EdgeServe.Engine.Jobs;

/// <param name="Code">Name of a <see cref="Inference.ServingError"/>, or one of the constants here.</param>
/// <param name="Message">For a human.</param>
public sealed record JobFailure(string Code, string Message)
{
    /// <summary>The process died three times while this job ran.</summary>
    public const string Poison = "Poison";

    /// <summary>The stored request or result does not match its checksum.</summary>
    public const string PayloadDamaged = "PayloadDamaged";

    public const string Cancelled = "Cancelled";

    public const string Expired = "Expired";

    internal string ToText() => $"{Code}\n{Message}";

    internal static JobFailure? Parse(string text)
    {
        int cut = text.IndexOf('\n', StringComparison.Ordinal);
        return cut < 0 ? null : new JobFailure(text[..cut], text[(cut + 1)..]);
    }
}
