namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>A part of a batch that was split: a whole OTLP request, not compressed.</summary>
internal sealed record OutboxPiece(int Items, byte[] Request);
