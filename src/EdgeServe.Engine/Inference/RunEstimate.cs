namespace EdgeServe.Engine.Inference;

/// <summary>
/// How long the next run will take, from the last ones: a moving average, scaled up for inputs larger than those it has
/// seen. Decides whether a run may stay on the thread that brought it.
/// </summary>
internal sealed class RunEstimate
{
    private const long Unknown = long.MaxValue;
    private long _nanoseconds = Unknown;
    private long _bytes = 1;

    public void Observe(long nanoseconds, long inputBytes)
    {
        long old = Volatile.Read(ref _nanoseconds);
        Volatile.Write(ref _nanoseconds, old == Unknown ? nanoseconds : old + ((nanoseconds - old) / 8));
        long bytes = Volatile.Read(ref _bytes);
        Volatile.Write(ref _bytes, old == Unknown ? inputBytes : Math.Max(1, bytes + ((inputBytes - bytes) / 8)));
    }

    public bool IsWithin(TimeSpan limit, long inputBytes)
    {
        long nanoseconds = Volatile.Read(ref _nanoseconds);
        if (nanoseconds == Unknown)
            return false;
        double scale = Math.Max(1.0, inputBytes / (double)Volatile.Read(ref _bytes));
        return nanoseconds * scale <= limit.TotalNanoseconds;
    }
}
