namespace EdgeServe.Engine.Jobs;

/// <param name="State">Null: any.</param>
/// <param name="Model">Null: any.</param>
/// <param name="Before">Only jobs older than this cursor; 0: from the newest on.</param>
/// <param name="Limit">At most so many.</param>
public sealed record JobFilter(JobState? State, string? Model, long Before, int Limit);
