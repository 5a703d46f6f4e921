using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Sync;

/// <summary>A batch that was posted, and what became of it.</summary>
/// <param name="Payload">Empty: the batch was gone before it was posted.</param>
internal sealed record Sent(OutboxBatch Batch, byte[] Payload, ExportAnswer Answer);
