using EdgeServe.Engine.Device;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// Are so many jobs handed in that running them would make those who hand them in wait? Then the workers stand back,
/// never for longer than <see cref="Pause"/> at a time.
/// </summary>
internal sealed class JobBurst(DeviceClock clock)
{
    /// <summary>Submissions a second that no box can run as fast as they come.</summary>
    private const int PerSecond = 2000;

    private const int WindowMs = 20;

    /// <summary>How long a worker stands back before it does one job all the same.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private long _submitted;
    private long _seen;
    private long _since;
    private bool _burst;

    public void Count() => Interlocked.Increment(ref _submitted);

    public bool IsOn()
    {
        lock (_gate)
        {
            long now = clock.Now;
            long elapsed = now - _since;
            if (elapsed < WindowMs)
                return _burst;
            long submitted = Interlocked.Read(ref _submitted);
            _burst = submitted - _seen > PerSecond * elapsed / 1000;
            _seen = submitted;
            _since = now;
            return _burst;
        }
    }
}
