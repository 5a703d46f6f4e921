namespace EdgeServe.Engine.Audit;

/// <summary>What a look at every line found.</summary>
/// <param name="Lines">How many are there.</param>
/// <param name="Head">The last one; <see cref="AuditHead.None"/>: there are none.</param>
/// <param name="Problem">The first thing that is wrong, by file, line and number; null: nothing is.</param>
/// <param name="Sequence">Number of the first line that is changed, missing or in another's place; 0: none is.</param>
internal sealed record AuditVerdict(long Lines, AuditHead Head, string? Problem, long Sequence);
