using System.Diagnostics;

namespace EdgeServe.Cli.Bench;

/// <param name="Latencies">Rising, in ticks of the monotonic clock.</param>
/// <param name="Failed">Requests without a good answer.</param>
/// <param name="Elapsed">From the first request to the last answer.</param>
internal sealed record LoadResult(long[] Latencies, long Failed, TimeSpan Elapsed)
{
    public double PerSecond => Latencies.Length / Elapsed.TotalSeconds;

    /// <summary>The latency that this share of the answers kept, in milliseconds.</summary>
    public double Milliseconds(double share) => Latencies.Length == 0
        ? 0
        : Latencies[Math.Min(Latencies.Length - 1, (int)(share * Latencies.Length))] * 1000.0 / Stopwatch.Frequency;
}
