namespace EdgeServe.Tests.Engine.Device;

/// <summary>Two clocks that have nothing to do with each other, as on a box whose wall clock is set.</summary>
internal sealed class JumpingTime(DateTimeOffset wall) : TimeProvider
{
    private long _ticks;

    public DateTimeOffset Wall { get; set; } = wall;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Wall;

    public override long GetTimestamp() => _ticks;

    public void Advance(TimeSpan time)
    {
        _ticks += time.Ticks;
        Wall += time;
    }
}
