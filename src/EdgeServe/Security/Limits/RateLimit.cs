namespace EdgeServe.Security.Limits;

/// <summary>
/// A token bucket whose whole state is one number, the moment at which it will be full again (GCRA): no timer, no lock,
/// nothing to dispose, so that there can be one for every key and thousands for addresses.
/// </summary>
internal readonly struct RateLimit
{
    /// <summary>A bucket holds the requests of so many seconds.</summary>
    public const int BurstSeconds = 2;

    private readonly long _cost;
    private readonly long _depth;
    private readonly long _frequency;

    /// <param name="perSecond">0: no limit.</param>
    /// <param name="frequency">Timestamps a second.</param>
    public RateLimit(int perSecond, long frequency)
    {
        _frequency = frequency;
        _cost = perSecond == 0 ? 0 : Math.Max(1, frequency / perSecond);
        _depth = BurstSeconds * frequency;
    }

    /// <summary>Takes a token.</summary>
    /// <param name="cell">The bucket's state; 0: full.</param>
    /// <param name="now">A timestamp.</param>
    /// <param name="wait">When refused: until the next token.</param>
    public bool TryTake(ref long cell, long now, out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        if (_cost == 0)
            return true;
        while (true)
        {
            long full = Volatile.Read(ref cell);
            long next = Math.Max(full, now) + _cost;
            if (next - now > _depth)
            {
                wait = TimeSpan.FromSeconds((double)(next - now - _depth) / _frequency);
                return false;
            }

            if (Interlocked.CompareExchange(ref cell, next, full) == full)
                return true;
        }
    }
}
