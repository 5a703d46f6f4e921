using System.Globalization;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Security;

namespace EdgeServe.Http.Oip;

/// <summary>Models as the protocol shows them; the same views serve REST and gRPC.</summary>
internal static class ModelViews
{
    public const string Platform = "onnxruntime_onnx";

    public static string VersionText(long version) => version.ToString(CultureInfo.InvariantCulture);

    public static ModelBody Metadata(CatalogModel model, ServedModel served) => new(
        model.Name,
        [.. model.Versions.Where(v => v.State == VersionState.Ready).Select(v => VersionText(v.Version))],
        Platform,
        [.. served.Signature.Inputs.Select(Tensor)],
        [.. served.Signature.Outputs.Select(Tensor)]);

    public static ModelConfigBody Config(ServedModel served)
    {
        var definition = served.Definition;
        return new ModelConfigBody(
            served.Key.Name, Platform, "onnxruntime", served.MaxBatchSize,
            [.. served.Signature.Inputs.Select(t => ConfigTensor(served, t, null))],
            [.. served.Signature.Outputs.Select(t => ConfigTensor(served, t, definition.Answer.Labels.GetValueOrDefault(t.Name)))],
            definition.DynamicBatching is { } b ? new BatchingBody(b.PreferredBatchSize, b.MaxQueueDelayMicroseconds) : null,
            [new InstanceGroupBody($"{served.Key.Name}_0", served.Provider == "cpu" ? "KIND_CPU" : "KIND_GPU", definition.Instances ?? Environment.ProcessorCount)],
            definition.Execution.Graph,
            Parameters(served));
    }

    private static Dictionary<string, ConfigParameterBody> Parameters(ServedModel served)
    {
        var parameters = new Dictionary<string, ConfigParameterBody> { ["provider"] = new(served.Provider) };
        if (served.ProviderNote is { } note)
            parameters["provider_note"] = new ConfigParameterBody(note);
        return parameters;
    }

    /// <summary>A rank-0 tensor stays without dimensions; the batch dimension is not part of Triton's <c>dims</c>.</summary>
    public static long[] ConfigDims(ServedModel served, TensorSpec spec) => served.MaxBatchSize > 0 ? spec.Shape[1..] : spec.Shape;

    public static string ConfigType(TensorType type) => type == TensorType.Bytes ? "TYPE_STRING" : "TYPE_" + type.Name();

    public static ModelStatsBody Stats(ModelVersionKey key, ModelStatistics s, long memoryBytes) => new(
        key.Name, VersionText(key.Version), s.LastInferenceMilliseconds, s.InferenceCount, s.ExecutionCount,
        new InferenceStatsBody(Of(s.Success), Of(s.Fail), Of(s.Queue), Of(s.ComputeInput), Of(s.ComputeInfer), Of(s.ComputeOutput), new(0, 0), new(0, 0)),
        [.. s.Batches.Select(b => new BatchStatsBody(b.Key, Of(b.Value.ComputeInput), Of(b.Value.ComputeInfer), Of(b.Value.ComputeOutput)))],
        memoryBytes > 0 ? [new MemoryUsageBody("CPU", 0, memoryBytes)] : []);

    public static IEnumerable<IndexEntry> Index(CatalogSnapshot catalog, bool readyOnly, Caller caller)
    {
        foreach (var model in catalog.Models.Where(m => caller.MayUse(m.Name)))
        {
            if (model.Versions.Length == 0 && !readyOnly)
                yield return new IndexEntry(model.Name, null, null, null);
            foreach (var version in model.Versions)
            {
                if (!readyOnly || version.State == VersionState.Ready)
                    yield return new IndexEntry(model.Name, VersionText(version.Version), version.State.ToString().ToUpperInvariant(), version.Reason);
            }
        }
    }

    private static TensorBody Tensor(TensorSpec spec) => new(spec.Name, spec.Type.Name(), spec.Shape);

    private static ConfigTensorBody ConfigTensor(ServedModel served, TensorSpec spec, string? labels) =>
        new(spec.Name, ConfigType(spec.Type), "FORMAT_NONE", ConfigDims(served, spec), labels);

    private static DurationBody Of(DurationCounter counter) => new(counter.Count, counter.Nanoseconds);
}
