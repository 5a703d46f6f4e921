namespace EdgeServe.Http.Jobs;

/// <param name="At">ISO 8601, UTC, by the box's wall clock.</param>
/// <param name="Clock">How far that clock could be believed then: unset, free, synchronized, set_back.</param>
internal sealed record MomentBody(string At, string Clock);

internal sealed record JobErrorBody(string Error, string Code);

/// <summary>What ran, and how often it was tried.</summary>
internal sealed record ProvenanceBody(string Model, string Version, string? Digest, int Attempts, string AcceptedVersion);

internal sealed record JobBody(
    string Id, string State, string Model, string? Version, int Priority, long Event, int Attempts, MomentBody Accepted, MomentBody? Started, MomentBody? Finished,
    long? ExpiresInMs, long RequestBytes, long? ResultBytes, bool Acknowledged, JobErrorBody? Failure, ProvenanceBody? Provenance);

/// <param name="Jobs">Newest first.</param>
/// <param name="Next">Cursor of the next page; absent on the last.</param>
internal sealed record JobListBody(JobBody[] Jobs, string? Next);
