namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>Why telemetry was given up: a closed set, each declared in a tombstone.</summary>
internal enum DropReason
{
    /// <summary>The outbox reached its byte budget.</summary>
    Budget,

    /// <summary>More came in than the disk took, or a queue in front of the outbox was full.</summary>
    Overflow,

    /// <summary>Little room on the disk: telemetry goes first.</summary>
    DiskFull,

    /// <summary>A receiver refused it for what it is.</summary>
    Refused,

    /// <summary>Its row does not match its checksum.</summary>
    Damaged,

    /// <summary>The database of its epoch is gone or unreadable.</summary>
    Lost,

    /// <summary>What the SDK handed over is no OTLP request.</summary>
    Malformed,
}
