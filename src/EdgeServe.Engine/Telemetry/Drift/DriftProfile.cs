namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>
/// What a model's inputs and answers looked like on the data it was made for, in shares of bins: no value of any single
/// row is in it but the smallest and the largest of each feature. The file <c>reference.json</c>; see <see cref="DriftProfileJson"/>.
/// </summary>
public sealed record DriftProfile
{
    /// <summary>Edges a feature has at most: deciles, the smallest and just above the largest value.</summary>
    public const int MostEdges = 11;

    /// <summary>A classifier with more classes is watched by its confidence alone.</summary>
    public const int MostClasses = 256;

    /// <summary>Tenths of a probability.</summary>
    public static readonly float[] ConfidenceEdges = [0, 0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f, 0.8f, 0.9f, MathF.BitIncrement(1)];

    /// <summary>Rows it was made from.</summary>
    public required long Rows { get; init; }

    /// <summary>In the order of the model's inputs; empty: inputs are not watched.</summary>
    public required BinnedReference[] Features { get; init; }

    /// <summary>Name of the output that classes and confidence are of; null: there is none.</summary>
    public string? Output { get; init; }

    /// <summary>How often each class was the likeliest; empty: the output has one number a row.</summary>
    public long[] Classes { get; init; } = [];

    /// <summary>The likeliest class's number; null: there is no output.</summary>
    public BinnedReference? Confidence { get; init; }
}
