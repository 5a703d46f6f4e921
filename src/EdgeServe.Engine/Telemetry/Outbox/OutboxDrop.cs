namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>Something given up, as it is declared.</summary>
/// <param name="Epoch">Of the batches; 0: it never had a number.</param>
/// <param name="Class">Null: of all classes.</param>
/// <param name="Reason">Why.</param>
/// <param name="Ranges">Numbers: <c>7</c>, <c>9-12</c>, <c>15:1/2</c> for a piece, <c>20-</c> for all from there on; separated by commas.</param>
/// <param name="Items">How many; 0: nobody knows.</param>
internal sealed record OutboxDrop(long Epoch, TelemetryClass? Class, DropReason Reason, string Ranges, long Items);
