namespace EdgeServe.Engine.Telemetry.Series;

/// <summary>
/// Quantiles of durations between two looks: a count for each eighth of an octave, found from the number's own bits. Any
/// number of threads may record; it costs one atomic addition. Good to a sixteenth.
/// </summary>
internal sealed class LatencyBuckets
{
    private const int Fraction = 3;
    private const int Octaves = 28;

    /// <summary>The bits of 2^-20, about a microsecond: what is shorter counts as that.</summary>
    private const long Least = (1023L - 20) << Fraction;

    private readonly int[] _counts = new int[Octaves << Fraction];

    public void Record(double seconds)
    {
        long at = (BitConverter.DoubleToInt64Bits(seconds) >> (52 - Fraction)) - Least;
        Interlocked.Increment(ref _counts[(int)Math.Clamp(at, 0, _counts.Length - 1)]);
    }

    /// <summary>What came since the last call, which is forgotten by this one.</summary>
    /// <returns>How many, and the durations in seconds that half and 99 in a hundred did not exceed; not a number when none came.</returns>
    public (long Count, double Half, double Most) Take()
    {
        long[] taken = new long[_counts.Length];
        long count = 0;
        for (int i = 0; i < taken.Length; i++)
            count += taken[i] = Interlocked.Exchange(ref _counts[i], 0);
        return (count, Quantile(taken, count, 0.5), Quantile(taken, count, 0.99));
    }

    private static double Quantile(long[] counts, long count, double share)
    {
        if (count == 0)
            return double.NaN;
        long wanted = (long)Math.Ceiling(share * count);
        int i = 0;
        for (long seen = counts[0]; seen < wanted; seen += counts[i])
            i++;
        double from = BitConverter.Int64BitsToDouble((i + Least) << (52 - Fraction));
        double to = BitConverter.Int64BitsToDouble((i + 1 + Least) << (52 - Fraction));
        return (from + to) / 2;
    }
}
