using EdgeServe.Engine.Inference;

namespace EdgeServe.Engine.Models;

/// <summary>What a model's graph says of one input or output. A dimension of -1 takes any size.</summary>
/// <param name="Name">The graph's own name.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">All dimensions, the batch dimension included where the model has one.</param>
public sealed record TensorSpec(string Name, TensorType Type, long[] Shape);
