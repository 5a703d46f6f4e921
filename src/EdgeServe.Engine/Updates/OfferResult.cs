namespace EdgeServe.Engine.Updates;

/// <summary>What came of an offer that was not refused.</summary>
/// <param name="Installed">True: the release serves now, in probation at first. False: the device had it already.</param>
/// <param name="Release">The release.</param>
/// <param name="CopiedBytes">How much this source gave.</param>
public sealed record OfferResult(bool Installed, long Release, long CopiedBytes);
