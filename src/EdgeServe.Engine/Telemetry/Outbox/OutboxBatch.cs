namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>A stored request, without its payload.</summary>
/// <param name="Epoch">Rises when the outbox is lost; with the device's id and <paramref name="Sequence"/> it names a batch for ever.</param>
/// <param name="Sequence">From 1, without gaps, inside an epoch.</param>
/// <param name="Part">Empty; for a piece of a batch that was split, its place: <c>1/2</c>, and a piece of that <c>1/2.2/2</c>.</param>
/// <param name="Items">Log records, metrics or spans.</param>
/// <param name="Bytes">Of the payload as it will be posted, compressed.</param>
/// <param name="Moment">When it came in.</param>
/// <param name="Class">What it is worth.</param>
/// <param name="Signal">What it is.</param>
/// <param name="Sent">It left once, without an acknowledgement so far.</param>
internal sealed record OutboxBatch(
    long Epoch, long Sequence, string Part, TelemetryClass Class, OtlpSignal Signal, int Items, int Bytes, OutboxMoment Moment, bool Sent);
