namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>How often a number fell into each bin.</summary>
/// <param name="Name">For people: a feature's name, or <c>confidence</c>.</param>
/// <param name="Edges">Rising; bin i + 1 begins at edge i. Below the first and from the last on is out of range.</param>
/// <param name="Counts">Below the range, the bins between the edges, above the range, missing: two more than edges.</param>
public sealed record BinnedReference(string Name, float[] Edges, long[] Counts);
