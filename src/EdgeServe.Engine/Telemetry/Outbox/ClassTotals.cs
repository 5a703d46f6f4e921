namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>What there is and was of one class. Counts but the first four are since the box's first start.</summary>
/// <param name="Batches">Stored, without an acknowledgement.</param>
/// <param name="Items">In them.</param>
/// <param name="Bytes">Of their payloads.</param>
/// <param name="SentBatches">Of them, those that left once.</param>
/// <param name="AcknowledgedItems">Somebody proved to have them.</param>
/// <param name="DroppedItems">Given up, each declared in a tombstone.</param>
internal readonly record struct ClassTotals(long Batches, long Items, long Bytes, long SentBatches, long AcknowledgedItems, long DroppedItems);
