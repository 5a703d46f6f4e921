using EdgeServe.Grpc.Wire;
using EdgeServe.Http;

namespace EdgeServe.Grpc;

/// <summary>The REST views as messages: what both show is decided once, in <see cref="Http.Oip.ModelViews"/>.</summary>
internal static class WireViews
{
    public static ModelMetadataResponse Metadata(ModelBody body) => new()
    {
        Name = body.Name,
        Versions = { body.Versions },
        Platform = body.Platform,
        Inputs = { body.Inputs.Select(Tensor) },
        Outputs = { body.Outputs.Select(Tensor) },
    };

    public static ModelConfig Config(ModelConfigBody body)
    {
        var config = new ModelConfig
        {
            Name = body.Name,
            Platform = body.Platform,
            Backend = body.Backend,
            MaxBatchSize = body.MaxBatchSize,
            DefaultModelFilename = body.DefaultModelFilename,
            Input = { body.Input.Select(t => new ModelInput { Name = t.Name, DataType = Type(t.DataType), Dims = { t.Dims } }) },
            Output =
            {
                body.Output.Select(t => new ModelOutput { Name = t.Name, DataType = Type(t.DataType), Dims = { t.Dims }, LabelFilename = t.LabelFilename ?? "" }),
            },
            InstanceGroup =
            {
                body.InstanceGroup.Select(g => new ModelInstanceGroup
                {
                    Name = g.Name,
                    Count = g.Count,
                    Kind = g.Kind == "KIND_CPU" ? ModelInstanceGroup.Types.Kind.Cpu : ModelInstanceGroup.Types.Kind.Gpu,
                }),
            },
        };
        if (body.DynamicBatching is { } batching)
        {
            config.DynamicBatching = new ModelDynamicBatching
            {
                PreferredBatchSize = { batching.PreferredBatchSize },
                MaxQueueDelayMicroseconds = (ulong)batching.MaxQueueDelayMicroseconds,
            };
        }

        foreach (var (key, value) in body.Parameters)
            config.Parameters[key] = new ModelParameter { StringValue = value.StringValue };
        return config;
    }

    public static ModelStatisticsResponse Statistics(StatsBody body) => new()
    {
        ModelStats = { body.ModelStats.Select(Statistics) },
    };

    private static ModelStatistics Statistics(ModelStatsBody s) => new()
    {
        Name = s.Name,
        Version = s.Version,
        LastInference = (ulong)s.LastInference,
        InferenceCount = (ulong)s.InferenceCount,
        ExecutionCount = (ulong)s.ExecutionCount,
        InferenceStats = new InferStatistics
        {
            Success = Duration(s.InferenceStats.Success),
            Fail = Duration(s.InferenceStats.Fail),
            Queue = Duration(s.InferenceStats.Queue),
            ComputeInput = Duration(s.InferenceStats.ComputeInput),
            ComputeInfer = Duration(s.InferenceStats.ComputeInfer),
            ComputeOutput = Duration(s.InferenceStats.ComputeOutput),
            CacheHit = Duration(s.InferenceStats.CacheHit),
            CacheMiss = Duration(s.InferenceStats.CacheMiss),
        },
        BatchStats =
        {
            s.BatchStats.Select(b => new InferBatchStatistics
            {
                BatchSize = (ulong)b.BatchSize,
                ComputeInput = Duration(b.ComputeInput),
                ComputeInfer = Duration(b.ComputeInfer),
                ComputeOutput = Duration(b.ComputeOutput),
            }),
        },
        MemoryUsage = { s.MemoryUsage.Select(m => new MemoryUsage { Type = m.Type, Id = m.Id, ByteSize = (ulong)m.ByteSize }) },
    };

    private static StatisticDuration Duration(DurationBody body) => new() { Count = (ulong)body.Count, Ns = (ulong)body.Ns };

    private static ModelMetadataResponse.Types.TensorMetadata Tensor(TensorBody body) =>
        new() { Name = body.Name, Datatype = body.Datatype, Shape = { body.Shape } };

    private static DataType Type(string name) => name switch
    {
        "TYPE_BOOL" => DataType.TypeBool,
        "TYPE_UINT8" => DataType.TypeUint8,
        "TYPE_UINT16" => DataType.TypeUint16,
        "TYPE_UINT32" => DataType.TypeUint32,
        "TYPE_UINT64" => DataType.TypeUint64,
        "TYPE_INT8" => DataType.TypeInt8,
        "TYPE_INT16" => DataType.TypeInt16,
        "TYPE_INT32" => DataType.TypeInt32,
        "TYPE_INT64" => DataType.TypeInt64,
        "TYPE_FP16" => DataType.TypeFp16,
        "TYPE_BF16" => DataType.TypeBf16,
        "TYPE_FP32" => DataType.TypeFp32,
        "TYPE_FP64" => DataType.TypeFp64,
        _ => DataType.TypeString,
    };
}
