namespace EdgeServe.Cli.Models;

internal sealed record TensorDetails(string Name, string Datatype, long[] Shape, int? Labels);

/// <summary>A model version as the engine sees it.</summary>
internal sealed record ModelDetails(
    string Name, long Version, string Path, long Bytes, string? Description, string? Licence, int MaxBatchSize, bool DynamicBatching, int Instances,
    int QueueMaxSize, string Provider, string? ProviderNote, long MemoryEstimateBytes, int GoldenSamples, TensorDetails[] Inputs, TensorDetails[] Outputs);
