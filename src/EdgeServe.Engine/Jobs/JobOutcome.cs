namespace EdgeServe.Engine.Jobs;

/// <summary>What came of one run, waiting to be written together with the job's new state.</summary>
/// <param name="State">Succeeded, failed, expired - or queued: try again.</param>
/// <param name="DelayMs">Before the next try.</param>
/// <param name="CountsAsAttempt">False when it was not the job's doing: the service stopped, the disk was full.</param>
/// <param name="Result">Of a success.</param>
/// <param name="RunVersion">The version that ran; 0: none did.</param>
/// <param name="Digest">SHA-256 of its graph.</param>
/// <param name="Failure">Why, for anything but success.</param>
internal sealed record JobOutcome(
    JobState State, long DelayMs = 0, bool CountsAsAttempt = true, StoredPayload? Result = null, long RunVersion = 0, string Digest = "", JobFailure? Failure = null);
