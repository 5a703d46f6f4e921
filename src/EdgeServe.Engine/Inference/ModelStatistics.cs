using System.Diagnostics;
using System.Diagnostics.Metrics;
using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Inference;

/// <summary>Count and total time of one kind of event; grows only.</summary>
public sealed class DurationCounter
{
    private long _count;
    private long _nanoseconds;

    public long Count => Volatile.Read(ref _count);

    public long Nanoseconds => Volatile.Read(ref _nanoseconds);

    public void Add(long nanoseconds, long count = 1)
    {
        Interlocked.Add(ref _count, count);
        Interlocked.Add(ref _nanoseconds, nanoseconds);
    }
}

/// <summary>Timings of the runs of one batch size.</summary>
public sealed class BatchCounter
{
    public DurationCounter ComputeInput { get; } = new();

    public DurationCounter ComputeInfer { get; } = new();

    public DurationCounter ComputeOutput { get; } = new();
}

/// <summary>
/// The cumulative statistics of one model version, as the protocol's statistics extension reports them, and the
/// instruments a metrics listener sees. Step 8 of the infer flow.
/// </summary>
public sealed class ModelStatistics
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, BatchCounter> _batches = [];
    private BatchCounter? _single;
    private readonly TimeProvider _time;
    private readonly TagList _tags;
    private readonly long[] _failures = new long[Enum.GetValues<ServingError>().Length];
    private long _inferences;
    private long _executions;
    private long _lastInference;

    public ModelStatistics(ModelVersionKey key, TimeProvider time)
    {
        _time = time;
        _tags = new TagList
        {
            { "model", key.Name },
            { "version", key.Version.ToString(System.Globalization.CultureInfo.InvariantCulture) },
        };
    }

    /// <summary>Rows inferred, successful requests only.</summary>
    public long InferenceCount => Volatile.Read(ref _inferences);

    /// <summary>Runs of the engine; smaller than <see cref="InferenceCount"/> where batching pays.</summary>
    public long ExecutionCount => Volatile.Read(ref _executions);

    /// <summary>Unix time of the last successful request in milliseconds, by the device's own clock; 0: none.</summary>
    public long LastInferenceMilliseconds => Volatile.Read(ref _lastInference);

    public DurationCounter Success { get; } = new();

    public DurationCounter Fail { get; } = new();

    public DurationCounter Queue { get; } = new();

    public DurationCounter ComputeInput { get; } = new();

    public DurationCounter ComputeInfer { get; } = new();

    public DurationCounter ComputeOutput { get; } = new();

    public IReadOnlyList<KeyValuePair<int, BatchCounter>> Batches
    {
        get
        {
            lock (_gate)
                return [.. _batches];
        }
    }

    /// <summary>One run of the engine with <paramref name="rows"/> rows.</summary>
    internal void Executed(int rows, long compute, long input, long output)
    {
        Interlocked.Increment(ref _executions);
        var batch = rows == 1 && _single is { } single ? single : Batch(rows);
        batch.ComputeInput.Add(input);
        batch.ComputeInfer.Add(compute);
        batch.ComputeOutput.Add(output);
        ComputeInput.Add(input);
        ComputeOutput.Add(output);
    }

    /// <summary>One request answered. Its run's time counts in full, whoever shared it.</summary>
    internal void Succeeded(int rows, long queue, long compute)
    {
        Interlocked.Add(ref _inferences, rows);
        Volatile.Write(ref _lastInference, _time.GetUtcNow().ToUnixTimeMilliseconds());
        Success.Add(queue + compute);
        Queue.Add(queue);
        ComputeInfer.Add(compute);
        ServingMeter.RequestDuration.Record((queue + compute) * 1e-9, _tags);
        ServingMeter.QueueDuration.Record(queue * 1e-9, _tags);
        ServingMeter.ComputeDuration.Record(compute * 1e-9, _tags);
    }

    /// <summary>One request refused or failed, wherever in the flow.</summary>
    internal void Failed(ServingError reason, TimeSpan after)
    {
        Fail.Add((long)after.TotalNanoseconds);
        Interlocked.Increment(ref _failures[(int)reason]);
    }

    /// <summary>Failures of one kind.</summary>
    public long FailureCount(ServingError reason) => Volatile.Read(ref _failures[(int)reason]);

    private BatchCounter Batch(int rows)
    {
        lock (_gate)
        {
            if (!_batches.TryGetValue(rows, out var batch))
                _batches[rows] = batch = new BatchCounter();
            if (rows == 1)
                _single = batch;
            return batch;
        }
    }
}
