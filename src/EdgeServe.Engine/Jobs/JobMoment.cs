using EdgeServe.Engine.Device;

namespace EdgeServe.Engine.Jobs;

/// <param name="UnixMs">Milliseconds since 1970 by the wall clock; 0: it has not happened.</param>
/// <param name="Quality">How far that clock could be believed then.</param>
public readonly record struct JobMoment(long UnixMs, ClockQuality Quality)
{
    public static JobMoment Now(DeviceClock clock) => new(clock.Wall, clock.Quality);
}
