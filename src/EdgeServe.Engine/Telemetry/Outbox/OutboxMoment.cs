using EdgeServe.Engine.Device;

namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>A moment by the clocks a box has: the device's running time orders, the wall clock may be wrong.</summary>
/// <param name="BootId">Of the boot it was in.</param>
/// <param name="DeviceMs">Running time over all boots (<see cref="DeviceClock.Now"/>).</param>
/// <param name="WallMs">Since 1970, as the wall clock had it.</param>
/// <param name="Quality">How far the wall clock could be believed then.</param>
internal readonly record struct OutboxMoment(string BootId, long DeviceMs, long WallMs, ClockQuality Quality)
{
    public static OutboxMoment Now(DeviceClock clock) => new(clock.BootId, clock.Now, clock.Wall, clock.Quality);
}
