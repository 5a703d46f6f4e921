namespace EdgeServe.Engine.Jobs;

/// <param name="Job">The job as it is on the disk.</param>
/// <param name="Replayed">It was there before: the same key and the same body.</param>
public sealed record JobReceipt(Job Job, bool Replayed);
