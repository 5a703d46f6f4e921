namespace EdgeServe.Engine.Updates;

/// <summary>What came of an offer that was not refused.</summary>
/// <param name="Installed">True: the release serves now, in probation at first. False: the device had it already.</param>
/// <param name="Release">The release.</param>
/// <param name="CopiedBytes">How much this source gave.</param>
public sealed record OfferResult(bool Installed, long Release, long CopiedBytes)
{
    /// <summary>The program that is being installed: the service starts anew and takes the models after that. Null: none.</summary>
    public string? NewProgram { get; init; }

    /// <summary>The release's program, which this box has. Null: it brings none for this box, or another.</summary>
    public string? Program { get; init; }

    /// <summary>Why the box does without the release's program; null: it does not.</summary>
    public Bundles.BundleError? ProgramError { get; init; }
}
