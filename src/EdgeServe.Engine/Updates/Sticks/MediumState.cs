using EdgeServe.Engine.Bundles;

namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>What is plugged in and where it stands, for people and programs.</summary>
/// <param name="Name">Of its folder: the label, often. Foreign text.</param>
/// <param name="Phase">Where it stands.</param>
/// <param name="Release">The release on it; 0 while it is not known.</param>
/// <param name="Bytes">Copied so far.</param>
/// <param name="TotalBytes">To copy; 0 while it is not known.</param>
/// <param name="Error">Why it was refused; null when it was not.</param>
/// <param name="Text">What happened, in words for the one who carries it.</param>
/// <param name="ReportWritten">Is the report on it?</param>
internal sealed record MediumState(
    string Name, MediumPhase Phase, long Release, long Bytes, long TotalBytes, BundleError? Error, CarrierText Text, bool ReportWritten)
{
    /// <summary>What it carries to head office; null: nothing, or nobody knows yet.</summary>
    public CargoReport? Cargo { get; init; }

    /// <summary>Would pulling it now cost nothing?</summary>
    public bool MayBePulled => Phase is MediumPhase.Trying or MediumPhase.Done or MediumPhase.Refused or MediumPhase.Ignored;
}
