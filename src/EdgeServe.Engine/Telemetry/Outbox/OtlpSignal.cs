namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>Which of the protocol's three requests a payload is: decides the path it is posted to.</summary>
internal enum OtlpSignal
{
    Logs,
    Metrics,
    Traces,
}
