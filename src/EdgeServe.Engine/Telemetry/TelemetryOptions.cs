namespace EdgeServe.Engine.Telemetry;

/// <summary>What is recorded and how often, already validated.</summary>
internal sealed record TelemetryOptions
{
    public const int DefaultMetricMinutes = 15;
    public const int DefaultRecordsPerMinute = 120;
    public const int DefaultTraceOneIn = 1000;
    public const int DefaultSamplesPerDay = 100;

    /// <summary>Records, stores and forwards; false: nothing of it happens.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Time between two looks at the metrics. A box that served nothing since the last is looked at every fourth time.</summary>
    public TimeSpan MetricInterval { get; init; } = TimeSpan.FromMinutes(DefaultMetricMinutes);

    /// <summary>Full records of inferences and jobs; beyond, they are counted by model and outcome.</summary>
    public int RecordsPerMinute { get; init; } = DefaultRecordsPerMinute;

    /// <summary>Of this many recorded inferences one becomes a trace; 0: none does.</summary>
    public int TraceOneIn { get; init; } = DefaultTraceOneIn;

    /// <summary>Does the operator agree that inputs of models which ask for it are kept, encrypted for head office?</summary>
    public bool SampleInputs { get; init; }

    /// <summary>Of all models, in a day of the device's running time.</summary>
    public int SamplesPerDay { get; init; } = DefaultSamplesPerDay;

    /// <summary>Time between two takes of what was noted: that of the outbox's commits.</summary>
    public TimeSpan TakeInterval { get; init; } = TimeSpan.FromSeconds(Outbox.OutboxOptions.DefaultCommitSeconds);
}
