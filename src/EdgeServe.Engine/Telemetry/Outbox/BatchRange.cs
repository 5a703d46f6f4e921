namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>Batches of one epoch, both ends included.</summary>
internal readonly record struct BatchRange(long Epoch, long First, long Last);
