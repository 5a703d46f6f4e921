namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>What telemetry is worth, the most important first: the order in which it is sent, and backwards the order in which it is given up.</summary>
internal enum TelemetryClass
{
    /// <summary>Alarms, events of updates and enrolment, declared losses.</summary>
    Alarm,

    /// <summary>Records of inferences and jobs.</summary>
    Record,

    Log,

    Metric,

    Trace,
}
