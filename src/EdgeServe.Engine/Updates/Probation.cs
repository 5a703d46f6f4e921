using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Updates;

/// <summary>
/// Step 6 of the update flow: what a set that serves may not do. Its new versions are watched: runs that fail, runs far
/// slower than those of the version before. Crashes are counted at the start of the process (<see cref="UpdateStart"/>).
/// </summary>
internal sealed class Probation(ModelCatalog catalog)
{
    private const int LeastFailures = 5;
    private const double MostFailing = 0.05;
    private const int LeastRuns = 50;
    private readonly Dictionary<ModelVersionKey, (long Good, long Failed, long Nanoseconds)> _begin = [];
    private readonly Dictionary<string, double> _before = [];

    public ModelCatalog Catalog => catalog;

    /// <summary>Begins to count. The versions before are measured by what they did in this process.</summary>
    public void Begin(IReadOnlyList<string> changed)
    {
        _begin.Clear();
        foreach (var (key, statistics) in catalog.Statistics.Where(s => changed.Contains(s.Key.ToString())))
            _begin[key] = Totals(statistics);
        foreach (var (key, statistics) in catalog.Statistics.Where(s => !changed.Contains(s.Key.ToString()) && s.Statistics.ComputeInfer.Count >= LeastRuns))
            _before[key.Name] = statistics.ComputeInfer.Nanoseconds * 1e-6 / statistics.ComputeInfer.Count;
    }

    /// <summary>Requests that its new versions answered since it began.</summary>
    public long Answered(IReadOnlyList<string> changed) => Since(changed).Sum(s => s.Good);

    /// <returns>Why the set must go; null: nothing speaks against it.</returns>
    public string? Verdict(IReadOnlyList<string> changed)
    {
        if (Unloadable() is { } unloadable)
            return unloadable;
        foreach (var (key, good, failed, nanoseconds) in Since(changed))
        {
            if (failed >= LeastFailures && failed > (good + failed) * MostFailing)
                return $"{key} failed {failed} of {good + failed} requests";
            double milliseconds = good == 0 ? 0 : nanoseconds * 1e-6 / good;
            if (good >= LeastRuns && _before.TryGetValue(key.Name, out double before)
                && milliseconds > (before * SmokeTest.LatencyFactor) + SmokeTest.LatencyAllowanceMilliseconds)
                return FormattableString.Invariant($"{key} takes {milliseconds:F1} ms, the version before took {before:F1} ms");
        }

        return null;
    }

    private string? Unloadable() => catalog.Current.Models.SelectMany(m => m.Versions.Select(v => (m.Name, Version: v)))
        .Where(v => v.Version.State == VersionState.Unavailable && v.Version.Reason != ModelCatalog.Unloaded)
        .Select(v => $"{v.Name}/{v.Version.Version} does not load: {v.Version.Reason}").FirstOrDefault();

    private IEnumerable<(ModelVersionKey Key, long Good, long Failed, long Nanoseconds)> Since(IReadOnlyList<string> changed)
    {
        foreach (var (key, statistics) in catalog.Statistics.Where(s => changed.Contains(s.Key.ToString())))
        {
            var (good, failed, nanoseconds) = Totals(statistics);
            var begin = _begin.GetValueOrDefault(key);
            yield return (key, good - begin.Good, failed - begin.Failed, nanoseconds - begin.Nanoseconds);
        }
    }

    private static (long, long, long) Totals(ModelStatistics statistics) =>
        (statistics.ComputeInfer.Count, statistics.FailureCount(ServingError.RunFailed), statistics.ComputeInfer.Nanoseconds);
}
