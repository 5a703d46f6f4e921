using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Telemetry.Records;

/// <summary>What the statistics counted and no full record told, by model version and outcome: nothing is left out.</summary>
internal sealed class RecordCounts
{
    private static readonly ServingError[] Errors = Enum.GetValues<ServingError>();

    /// <summary>Told so far: in full or in a summary. The first place is what went well.</summary>
    private readonly Dictionary<ModelVersionKey, long[]> _told = [];
    private ModelVersionKey[] _missing = [];

    /// <summary>A full record tells one.</summary>
    public void Told(in RunRecord record) => Of(record.Model.Key)[record.IsError ? 1 + (int)record.Error : 0]++;

    /// <summary>What the statistics say now. Read before what was noted is taken: whatever they count was noted already, or finds no slot.</summary>
    public static List<(ModelVersionKey Key, long[] Counted)> Read(IEnumerable<(ModelVersionKey Key, ModelStatistics Statistics)> statistics) =>
        [.. statistics.Select(s => (s.Key, (long[])[s.Statistics.Success.Count, .. Errors.Select(s.Statistics.FailureCount)]))];

    /// <summary>Everything counted and not told yet; it counts as told then.</summary>
    public IEnumerable<(ModelVersionKey Key, string Outcome, long Count)> Take(List<(ModelVersionKey Key, long[] Counted)> read)
    {
        Forget(read);
        foreach (var (key, counted) in read)
        {
            long[] told = Of(key);
            for (int place = 0; place < counted.Length; place++)
            {
                long untold = counted[place] - told[place];
                if (untold <= 0)
                    continue;
                told[place] += untold;
                yield return (key, place == 0 ? RecordNames.Ok : Errors[place - 1].ToString(), untold);
            }
        }
    }

    /// <summary>Whose statistics are gone begins at nothing, should it come back. Missing once may be a version whose first record came after they were read.</summary>
    private void Forget(List<(ModelVersionKey Key, long[] Counted)> read)
    {
        ModelVersionKey[] missing = [.. _told.Keys.Except(read.Select(r => r.Key))];
        foreach (var gone in missing.Intersect(_missing))
            _told.Remove(gone);
        _missing = missing;
    }

    private long[] Of(ModelVersionKey key)
    {
        if (!_told.TryGetValue(key, out long[]? told))
            _told[key] = told = new long[1 + Errors.Length];
        return told;
    }
}
