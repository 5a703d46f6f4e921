using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>A batch out of a part: a request exactly as a collector gets it, gzip-compressed.</summary>
/// <param name="Name">Of its file in the archive.</param>
internal sealed record CarriedBatch(long Epoch, long Sequence, string Part, TelemetryClass Class, OtlpSignal Signal, string Name, byte[] Payload);
