namespace EdgeServe.Http;

internal sealed record ErrorBody(string Error, string? Code, string? Hint, string? RequestId);

internal sealed record LiveBody(bool Live);

internal sealed record ReadyBody(bool Ready, string? Error = null);

internal sealed record ModelReadyBody(string Name, bool Ready);

internal sealed record ServerBody(string Name, string Version, string[] Extensions);

internal sealed record ModelsBody(string[] Models);

internal sealed record TensorBody(string Name, string Datatype, long[] Shape);

internal sealed record ModelBody(string Name, string[] Versions, string Platform, TensorBody[] Inputs, TensorBody[] Outputs);

internal sealed record IndexEntry(string Name, string? Version, string? State, string? Reason);

internal sealed record DurationBody(long Count, long Ns);

internal sealed record InferenceStatsBody(
    DurationBody Success, DurationBody Fail, DurationBody Queue, DurationBody ComputeInput,
    DurationBody ComputeInfer, DurationBody ComputeOutput, DurationBody CacheHit, DurationBody CacheMiss);

internal sealed record BatchStatsBody(long BatchSize, DurationBody ComputeInput, DurationBody ComputeInfer, DurationBody ComputeOutput);

internal sealed record MemoryUsageBody(string Type, long Id, long ByteSize);

internal sealed record ModelStatsBody(
    string Name, string Version, long LastInference, long InferenceCount, long ExecutionCount,
    InferenceStatsBody InferenceStats, BatchStatsBody[] BatchStats, MemoryUsageBody[] MemoryUsage);

internal sealed record StatsBody(ModelStatsBody[] ModelStats);

internal sealed record ConfigTensorBody(string Name, string DataType, string Format, long[] Dims, string? LabelFilename);

internal sealed record VersionPolicyBody(string Policy);

internal sealed record BatchingBody(int[] PreferredBatchSize, long MaxQueueDelayMicroseconds);

internal sealed record InstanceGroupBody(string Name, string Kind, int Count);

internal sealed record ConfigParameterBody(string StringValue);

internal sealed record ModelConfigBody(
    string Name, string Platform, string Backend, int MaxBatchSize, ConfigTensorBody[] Input, ConfigTensorBody[] Output,
    BatchingBody? DynamicBatching, InstanceGroupBody[] InstanceGroup, string DefaultModelFilename, Dictionary<string, ConfigParameterBody> Parameters);
