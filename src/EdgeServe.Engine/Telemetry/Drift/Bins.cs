using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>Which bin a number falls into, without a branch: three vector comparisons for all edges.</summary>
internal static class Bins
{
    /// <summary>Floats one feature's edges take: <see cref="DriftProfile.MostEdges"/>, the rest not a number, which nothing reaches.</summary>
    public const int EdgeStride = 12;

    /// <summary>Places for counts of one feature: below, at most ten bins, above, missing.</summary>
    public const int CountStride = 16;

    public static float[] Padded(IReadOnlyList<float[]> edges)
    {
        float[] padded = new float[edges.Count * EdgeStride];
        padded.AsSpan().Fill(float.NaN);
        for (int i = 0; i < edges.Count; i++)
            edges[i].CopyTo(padded, i * EdgeStride);
        return padded;
    }

    /// <returns>How many of the edges are at or below the value: 0 is below the range. Not for what is not a number.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Of(ref float edges, float value)
    {
        var x = Vector128.Create(value);
        var reached = Vector128.GreaterThanOrEqual(x, Vector128.LoadUnsafe(ref edges)).AsInt32()
            + Vector128.GreaterThanOrEqual(x, Vector128.LoadUnsafe(ref edges, 4)).AsInt32()
            + Vector128.GreaterThanOrEqual(x, Vector128.LoadUnsafe(ref edges, 8)).AsInt32();
        return -Vector128.Sum(reached);
    }

    /// <summary>Edges at the deciles, none twice: a feature that is often the same number has fewer bins.</summary>
    /// <param name="quantile">The value below which a share of the rows lies; 0 the smallest, 1 the largest.</param>
    public static float[] Deciles(Func<double, float> quantile)
    {
        var edges = new List<float> { quantile(0) };
        for (int i = 1; i < 10; i++)
        {
            float edge = quantile(i / 10.0);
            if (edge > edges[^1])
                edges.Add(edge);
        }

        // The largest value itself is still inside.
        float top = MathF.BitIncrement(MathF.Max(quantile(1), edges[^1]));
        if (float.IsFinite(top))
            edges.Add(top);
        else if (edges.Count == 1)
            edges.Insert(0, MathF.BitDecrement(edges[0]));
        return [.. edges];
    }
}
