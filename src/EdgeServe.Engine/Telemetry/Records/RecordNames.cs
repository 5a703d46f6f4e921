namespace EdgeServe.Engine.Telemetry.Records;

/// <summary>Events and attributes of records. The engine's README lists them: they are what a receiver builds on.</summary>
internal static class RecordNames
{
    public const string Scope = "EdgeServe.Records";

    /// <summary>One inference.</summary>
    public const string Inference = "edgeserve.inference";

    /// <summary>Inferences that were counted, by model and outcome.</summary>
    public const string InferenceSummary = "edgeserve.inference.summary";

    /// <summary>One job that came to its end.</summary>
    public const string Job = "edgeserve.job";

    /// <summary>Jobs that were counted, by model and outcome.</summary>
    public const string JobSummary = "edgeserve.job.summary";

    /// <summary>One request, its inputs encrypted for head office.</summary>
    public const string Sample = "edgeserve.sample";

    public const string Model = "edgeserve.model.name";
    public const string Version = "edgeserve.model.version";
    public const string Digest = "edgeserve.model.digest";
    public const string Outcome = "edgeserve.outcome";
    public const string Rows = "edgeserve.rows";
    public const string QueueMicroseconds = "edgeserve.queue_us";
    public const string ComputeMicroseconds = "edgeserve.compute_us";
    public const string Answer = "edgeserve.answer";
    public const string Confidence = "edgeserve.confidence";
    public const string Count = "edgeserve.count";
    public const string SampleBytes = "edgeserve.sample.bytes";
    public const string SampleHeaderBytes = "edgeserve.sample.header_bytes";
    public const string SampleOneIn = "edgeserve.sample.one_in";
    public const string SampleKey = "edgeserve.sample.key";
    public const string Attempts = "edgeserve.job.attempts";

    /// <summary>The outcome of what went well.</summary>
    public const string Ok = "ok";
}
