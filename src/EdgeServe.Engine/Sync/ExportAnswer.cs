namespace EdgeServe.Engine.Sync;

/// <summary>What became of one post.</summary>
/// <param name="Outcome">Of the closed set.</param>
/// <param name="Detail">For people, one line.</param>
/// <param name="Rejected">Rows a partial success names.</param>
/// <param name="RetryAfter">When the collector wants to be asked again, already within reason; null: it did not say.</param>
internal readonly record struct ExportAnswer(ExportOutcome Outcome, string Detail, long Rejected = 0, TimeSpan? RetryAfter = null)
{
    public bool IsProven => Outcome is ExportOutcome.Acknowledged or ExportOutcome.PartiallyAccepted;
}
