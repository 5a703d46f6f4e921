namespace EdgeServe.Engine.Inference;

/// <summary>What every model's scheduler shares.</summary>
public sealed record SchedulerOptions
{
    public const int DefaultInlineThresholdMicroseconds = 200;
    public const int DefaultInferenceNice = 2;

    /// <summary>Runs expected to take no longer than this run on the thread that brought the request, when the model is idle.</summary>
    public TimeSpan InlineThreshold { get; init; } = TimeSpan.FromMicroseconds(DefaultInlineThresholdMicroseconds);

    /// <summary>Runs of one model at a time where its definition does not say.</summary>
    public int DefaultInstances { get; init; } = Environment.ProcessorCount;

    /// <summary>Nice level of dedicated inference threads, so that a long run never keeps the network threads from a core.</summary>
    public int InferenceNice { get; init; } = DefaultInferenceNice;

    /// <summary>One level of priority is worth this much waiting: lower priorities age and are never starved.</summary>
    public TimeSpan PriorityAgeing { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bounds the runs of all models while the device has to be spared.</summary>
    public RunThrottle Throttle { get; init; } = new();

    /// <summary>How long an idle inference thread is kept.</summary>
    public TimeSpan IdleThreadLifetime { get; init; } = TimeSpan.FromSeconds(30);
}
