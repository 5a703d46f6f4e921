namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>Who proved to have it.</summary>
internal enum AcknowledgedBy
{
    Collector,
    Stick,
}
