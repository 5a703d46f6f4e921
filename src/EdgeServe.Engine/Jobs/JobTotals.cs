namespace EdgeServe.Engine.Jobs;

/// <summary>How many jobs there are in each state, and how many bytes they keep. Read by anyone, changed by the writer.</summary>
public sealed class JobTotals
{
    private readonly long[] _counts = new long[Enum.GetValues<JobState>().Length];
    private long _bytes;

    public long Bytes => Volatile.Read(ref _bytes);

    public long Pending => this[JobState.Queued] + this[JobState.Running];

    public long Finished => _counts.Sum() - Pending;

    public long this[JobState state] => Volatile.Read(ref _counts[(int)state]);

    internal void Reset()
    {
        Array.Clear(_counts);
        _bytes = 0;
    }

    internal void Add(JobState state, long count, long bytes)
    {
        Interlocked.Add(ref _counts[(int)state], count);
        Interlocked.Add(ref _bytes, bytes);
    }

    internal void Apply(JobChange change)
    {
        if (change.Before is { } before)
            Add(before.State, -1, -KeptBytes(before));
        if (change.After is { } after)
            Add(after.State, 1, KeptBytes(after));
    }

    internal static long KeptBytes(Job job) =>
        (job.Request == PayloadPlace.None ? 0 : job.RequestBytes) + (job.Result == PayloadPlace.None ? 0 : job.ResultBytes);
}
