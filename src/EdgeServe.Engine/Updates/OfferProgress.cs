namespace EdgeServe.Engine.Updates;

/// <param name="Step">What is going on.</param>
/// <param name="Release">The release offered; 0 while it is not known.</param>
/// <param name="Bytes">Copied so far, what the device had before included.</param>
/// <param name="TotalBytes">Of all the release names; 0 while it is not known.</param>
public readonly record struct OfferProgress(OfferStep Step, long Release, long Bytes, long TotalBytes);
