using EdgeServe.Engine.Inference;

namespace EdgeServe.Grpc;

/// <summary>One entry of a request's <c>inputs</c>.</summary>
internal sealed class InferInput
{
    public string Name { get; set; } = "";

    public TensorType? Type { get; set; }

    public long[] Shape { get; set; } = [];

    /// <summary>Elements read from <c>contents</c>.</summary>
    public long Elements { get; set; }

    /// <summary>What <c>contents</c> held, its only reference held here until the request takes it; null when absent or empty.</summary>
    public TensorMemory? Contents { get; set; }

    public long ContentsLength { get; set; }
}
