namespace EdgeServe.Http.Sync;

/// <summary>One class of telemetry.</summary>
/// <param name="Waiting">Batches stored, without an acknowledgement.</param>
/// <param name="WaitingItems">Log records, metrics or spans in them.</param>
/// <param name="OldestMs">Running time since the oldest of them came in.</param>
/// <param name="Unproven">Of them, those that left once.</param>
/// <param name="Sent">Posts since the service began.</param>
/// <param name="AcknowledgedItems">Since the box's first start.</param>
/// <param name="DroppedItems">Given up since the box's first start, each declared.</param>
/// <param name="Blocked">Why the collector does not take it.</param>
internal sealed record SyncClassBody(
    string Class, long Waiting, long WaitingItems, long Bytes, long? OldestMs, long Unproven, long Sent, long AcknowledgedItems, long DroppedItems, string? Blocked, long? NextTryMs);

/// <param name="At">RFC 3339, by the box's clock then.</param>
internal sealed record ContactBody(double DaysAgo, string At);

/// <param name="State">offline, portal, online or held.</param>
/// <param name="Reason">Why, in snake_case.</param>
/// <param name="Hint">What to do.</param>
/// <param name="Waits">What keeps it from being tried: quiet_hours, budget_spent, storage_trouble, not_configured.</param>
/// <param name="NextTryMs">Until the next try; absent: as soon as there is something.</param>
/// <param name="Rejected">Rows that the collector took the batch of, and not them, since the service began.</param>
internal sealed record SyncBody(
    string State, string Reason, string? Detail, string? Hint, string? Waits, string? Endpoint, ContactBody? LastContact, long? NextTryMs,
    long SentBytes, long Rejected, long? BudgetLeftBytes, string? QuietHours, SyncClassBody[] Classes, CarryOutBody? CarryOut, InputSamplesBody? InputSamples);

/// <param name="Batches">On the stick when it left.</param>
/// <param name="Bytes">Encrypted.</param>
/// <param name="LeftBatches">That found no room on it.</param>
internal sealed record CarriedBody(double DaysAgo, string At, long Batches, long Bytes, long LeftBatches);

/// <param name="Batches">That it let go.</param>
internal sealed record AcknowledgedBody(double DaysAgo, string At, long Batches);

/// <summary>Telemetry on sticks; absent: the box was not enrolled with a key for it, or it is switched off.</summary>
/// <param name="Code">Why the last stick did not take everything, in snake_case; absent: it did.</param>
/// <param name="AcknowledgementRefused">Why an acknowledgement on the last stick was not believed.</param>
internal sealed record CarryOutBody(long MaxBytes, CarriedBody? LastCarried, AcknowledgedBody? LastAcknowledged, string? Code, string? AcknowledgementRefused);

/// <summary>Samples of inputs; absent: the operator does not agree to any.</summary>
/// <param name="Blocked">no_model_asks, no_telemetry_key or day_spent; absent: nothing.</param>
/// <param name="LeftToday">Of the day of running time.</param>
/// <param name="Taken">Since the service began; the others are those that were not taken, and why.</param>
internal sealed record InputSamplesBody(string? Blocked, long LeftToday, long Taken, long NoKey, long TooLarge, long DaySpent, long OutboxFull, long Busy, long Failed);

/// <summary>The part of sync in <c>/edge/v1/status</c>.</summary>
internal sealed record SyncStatusBody(string State, string Reason, string? Waits, long WaitingBatches, long WaitingBytes, double? DaysSinceContact, CarryOutBody? CarryOut);
