namespace EdgeServe.Engine.Models;

/// <summary>
/// What <c>model.json</c> says about one version of a model. Absent values are derived from the graph or the configuration.
/// Published as <c>Models/model.schema.json</c>.
/// </summary>
public sealed record ModelDefinition
{
    public const int DefaultMaxQueueSize = 1024;

    public string? Description { get; init; }

    /// <summary>SPDX identifier and source.</summary>
    public string? Licence { get; init; }

    /// <summary>Largest batch the model takes in its first dimension; 0 for a model without a batch dimension; null to derive it.</summary>
    public int? MaxBatchSize { get; init; }

    /// <summary>Present: requests that wait together run together, up to <see cref="MaxBatchSize"/>.</summary>
    public DynamicBatching? DynamicBatching { get; init; }

    /// <summary>Runs of this model at the same time; null: one a core.</summary>
    public int? Instances { get; init; }

    public QueueDefinition Queue { get; init; } = new();

    public ExecutionDefinition Execution { get; init; } = new();

    /// <summary>Resident bytes this model needs; null to estimate it from the file's size.</summary>
    public long? MemoryEstimateBytes { get; init; }

    /// <summary>Most a golden sample may take on a device that installs this version; null: judged by the version that serves.</summary>
    public long? MaxLatencyMicroseconds { get; init; }

    public AnswerDefinition Answer { get; init; } = new();

    public TelemetryDefinition Telemetry { get; init; } = new();

    /// <summary>Folder of golden samples beside <c>model.json</c>.</summary>
    public string Golden { get; init; } = "golden";

    /// <summary>What the model's inputs and answers are expected to look like, and when to say that they no longer do.</summary>
    public ReferenceDefinition Reference { get; init; } = new();
}

/// <summary>How drift is watched.</summary>
public sealed record ReferenceDefinition
{
    public const string DefaultFile = "reference.json";
    public const int DefaultWindow = 240;
    public const int DefaultMaxFeatures = 256;

    /// <summary>Reference profile beside <c>model.json</c>; without one the first requests are learned as the reference.</summary>
    public string File { get; init; } = DefaultFile;

    /// <summary>Rows that are compared with the reference at a time; 0: drift is not watched.</summary>
    public int Window { get; init; } = DefaultWindow;

    /// <summary>Population stability index from which a feature is worth a look.</summary>
    public double PsiWarn { get; init; } = 0.1;

    /// <summary>Population stability index from which a feature has drifted.</summary>
    public double PsiAlarm { get; init; } = 0.25;

    /// <summary>A model with more input elements a row (a picture) is watched by its answers alone.</summary>
    public int MaxFeatures { get; init; } = DefaultMaxFeatures;

    /// <summary>The output whose classes and confidence are watched; null: the first with at most 256 numbers a row.</summary>
    public string? Output { get; init; }
}

/// <param name="PreferredBatchSize">Sizes to stop at when that many requests wait; empty: as many as wait.</param>
/// <param name="MaxQueueDelayMicroseconds">How long the oldest request may wait for company; 0: never wait.</param>
public sealed record DynamicBatching(int[] PreferredBatchSize, long MaxQueueDelayMicroseconds);

/// <summary>Bounds of a model's queue.</summary>
public sealed record QueueDefinition
{
    /// <summary>Requests that may wait; one more is refused with 503.</summary>
    public int MaxSize { get; init; } = ModelDefinition.DefaultMaxQueueSize;

    /// <summary>Timeout of requests that bring none, in microseconds; 0: none.</summary>
    public long DefaultTimeoutMicroseconds { get; init; }
}

/// <summary>How the engine runs a model.</summary>
public sealed record ExecutionDefinition
{
    /// <summary>Which of the version's graphs runs. Others of the same model may lie beside it, such as <c>model.fp32.onnx</c>; <c>edgeserve tune</c> compares them on a device.</summary>
    public string Graph { get; init; } = ModelFiles.ModelFileName;

    /// <summary>Execution providers in order of preference: <c>tensorrt</c>, <c>cuda</c>, <c>cpu</c>. The CPU is always the last resort; empty: the device's own order.</summary>
    public string[] Providers { get; init; } = [];

    /// <summary>Threads inside one run; more than one buys latency at the price of throughput.</summary>
    public int IntraOpThreads { get; init; } = 1;

    /// <summary>Let idle engine threads spin: lower latency with several threads, and a busy core while idle.</summary>
    public bool AllowSpinning { get; init; }

    /// <summary>Runs before the version counts as ready.</summary>
    public int WarmupRuns { get; init; } = 1;
}

/// <summary>How an answer reads.</summary>
public sealed record AnswerDefinition
{
    /// <summary>Output name to the file with one label a line.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}

/// <summary>What records of this model may tell beyond its name, version and times.</summary>
public sealed record TelemetryDefinition
{
    /// <summary>Output whose largest value is the answer, recorded with its value; null: records tell no answer.</summary>
    public string? Answer { get; init; }

    /// <summary>Of this many answered requests the inputs of one are kept for head office, encrypted, if the operator agrees; 0: never.</summary>
    public int SampleInputs { get; init; }
}
