namespace EdgeServe.Engine.Bundles.Store;

/// <summary>What reading everything again found.</summary>
/// <param name="Blobs">Read.</param>
/// <param name="Bytes">Read.</param>
/// <param name="Damaged">Removed: their bytes were not those their name promises. Links to them elsewhere still show the damage.</param>
public sealed record ScrubReport(int Blobs, long Bytes, IReadOnlyList<Digest> Damaged);
