namespace EdgeServe.Engine.Bundles;

/// <summary>Content or an update was refused: what, why, and what to do.</summary>
public sealed class BundleException(BundleError error, string message, string? hint = null, Exception? inner = null) : Exception(message, inner)
{
    public BundleError Error { get; } = error;

    /// <summary>The next step for a person; null when the message says it.</summary>
    public string? Hint { get; } = hint;

    /// <summary>The updater's log has it: nobody writes it down a second time.</summary>
    internal bool Recorded { get; set; }
}
