using EdgeServe.Engine.Device;
using EdgeServe.Engine.Jobs;
using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Telemetry.Records;

/// <summary>Jobs that came to their end, noted when their storage says so: in full up to a bound, the rest counted by model and outcome.</summary>
internal sealed class JobRecords : IDisposable
{
    private const int Information = 9;
    private const int Warning = 13;
    private readonly Lock _gate = new();
    private readonly JobStorage _storage;
    private readonly int _most;
    private readonly List<Job> _noted = [];
    private readonly Dictionary<(string Model, JobState State), long> _counted = [];

    public JobRecords(JobStorage storage, int most)
    {
        _storage = storage;
        _most = most;
        storage.Changed += Note;
    }

    /// <summary>The first since the last take.</summary>
    public event Action? Began;

    public void Dispose() => _storage.Changed -= Note;

    /// <summary>Writes what was noted, at most <paramref name="budget"/> in full.</summary>
    /// <returns>How many were.</returns>
    public int Write(int budget, OtlpLogs logs, OutboxMoment moment)
    {
        List<Job> jobs;
        List<((string Model, JobState State) Key, long Count)> counts;
        lock (_gate)
        {
            jobs = [.. _noted.Take(budget)];
            foreach (var job in _noted.Skip(budget))
                Count(job);
            counts = [.. _counted.Select(c => (c.Key, c.Value))];
            _noted.Clear();
            _counted.Clear();
        }

        jobs.ForEach(j => Write(j, logs));
        foreach (var (key, count) in counts)
        {
            Begin(logs, RecordNames.JobSummary, key.State, moment.WallMs);
            logs.Attribute(RecordNames.Model, key.Model);
            logs.Attribute(RecordNames.Count, count);
            InferenceRecords.Clock(logs, moment.DeviceMs, OtlpNames.Text(moment.Quality));
            logs.EndRecord();
        }

        return jobs.Count;
    }

    private static void Write(Job job, OtlpLogs logs)
    {
        Begin(logs, RecordNames.Job, job.State, job.Finished.UnixMs);
        logs.Attribute(RecordNames.Model, job.Model);
        logs.Attribute(RecordNames.Version, job.RunVersion);
        logs.Attribute(RecordNames.Digest, job.Digest);
        logs.Attribute(RecordNames.Attempts, job.Attempts);
        if (job.Failure is { } failure)
            logs.Attribute("edgeserve.job.failure", failure.Code);
        InferenceRecords.Clock(logs, job.ChangedMs, OtlpNames.Text(job.Finished.Quality));
        logs.EndRecord();
    }

    private static void Begin(OtlpLogs logs, string name, JobState state, long wallMs)
    {
        logs.BeginRecord(name, state == JobState.Succeeded ? Information : Warning, wallMs, "");
        logs.Attribute(RecordNames.Outcome, state == JobState.Succeeded ? RecordNames.Ok : state.ToString());
    }

    /// <summary>On the thread that writes jobs.</summary>
    private void Note(IReadOnlyList<JobChange> changes)
    {
        bool began = false;
        lock (_gate)
        {
            bool empty = _noted.Count == 0 && _counted.Count == 0;
            foreach (var (before, after) in changes)
            {
                if (after is null || after.IsPending || before is { IsPending: false })
                    continue;
                if (_noted.Count < _most)
                    _noted.Add(after);
                else
                    Count(after);
                began = empty;
            }
        }

        if (began)
            Began?.Invoke();
    }

    private void Count(Job job) => _counted[(job.Model, job.State)] = _counted.GetValueOrDefault((job.Model, job.State)) + 1;
}
