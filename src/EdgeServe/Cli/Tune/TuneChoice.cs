namespace EdgeServe.Cli.Tune;

/// <summary>Which row is the best: most answers a second of those that keep the latency bound; within a few percent, the model's own graph and what takes least of the device.</summary>
internal static class TuneChoice
{
    /// <summary>Measurements on a small board differ by so much for no reason.</summary>
    public const double Tie = 0.05;

    /// <summary>Where no bound is given, the p95 may be this many times the lowest one.</summary>
    public const double DefaultLatencyFactor = 2;

    /// <summary>Or this long: nobody waits for less.</summary>
    public const double LeastBoundMilliseconds = 1;

    public static double Bound(IReadOnlyCollection<TuneRow> rows, double? asked) => asked ?? Math.Max(LeastBoundMilliseconds, rows.Min(r => r.P95Milliseconds) * DefaultLatencyFactor);

    /// <param name="rows">At least one; those of the model's own graph first.</param>
    /// <param name="bound">Milliseconds that the p95 may take; when none keeps it, the lowest p95 wins.</param>
    public static TuneRow Best(IReadOnlyCollection<TuneRow> rows, double bound)
    {
        string own = rows.First().Graph;
        TuneRow[] quick = [.. rows.Where(r => r.P95Milliseconds <= bound)];
        if (quick.Length == 0)
            return Least(own, rows.Where(r => r.P95Milliseconds <= rows.Min(o => o.P95Milliseconds)));
        double most = quick.Max(r => r.PerSecond);
        return Least(own, quick.Where(r => r.PerSecond >= most * (1 - Tie)));
    }

    private static TuneRow Least(string own, IEnumerable<TuneRow> rows) => rows
        .OrderBy(r => r.Graph != own).ThenBy(r => r.Threads * r.Instances).ThenBy(r => r.Threads).ThenBy(r => r.Spin).ThenBy(r => r.Batch).ThenByDescending(r => r.PerSecond).First();
}
