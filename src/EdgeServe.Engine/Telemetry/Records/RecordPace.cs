namespace EdgeServe.Engine.Telemetry.Records;

/// <param name="PerMinute">Full records.</param>
/// <param name="Interval">Between two takes.</param>
/// <param name="Time">Whose minutes.</param>
internal sealed record RecordPace(int PerMinute, TimeSpan Interval, TimeProvider Time);
