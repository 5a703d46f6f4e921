namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>What one commit takes from memory. Its number tells after an unknown outcome whether it is on the disk.</summary>
internal sealed record OutboxAttempt(long Id, IReadOnlyList<OutboxEntry> Entries, IReadOnlyList<OutboxDrop> Drops);
