using System.Buffers;
using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Sync;

/// <summary>A batch that was posted, and what became of it.</summary>
/// <param name="Payload">Used for another batch once this one is judged.</param>
internal sealed record Sent(OutboxBatch Batch, ArrayBufferWriter<byte> Payload, ExportAnswer Answer);
