namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>A request that waits in memory for its number and the disk.</summary>
/// <param name="Request">Serialised, without a stamp, not compressed.</param>
internal sealed record OutboxEntry(TelemetryClass Class, OtlpSignal Signal, int Items, byte[] Request, OutboxMoment Moment)
{
    /// <summary>May both stand in one batch? The wall clock must not have been set in between: a batch has one moment.</summary>
    public bool Fits(OutboxEntry other) =>
        Class == other.Class && Signal == other.Signal && Moment.BootId == other.Moment.BootId && Moment.Quality == other.Moment.Quality
        && Math.Abs(Moment.WallMs - Moment.DeviceMs - (other.Moment.WallMs - other.Moment.DeviceMs)) < 1000;
}
