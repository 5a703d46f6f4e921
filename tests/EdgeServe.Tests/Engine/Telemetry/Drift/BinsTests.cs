using CsCheck;
using EdgeServe.Engine.Telemetry.Drift;

namespace EdgeServe.Tests.Engine.Telemetry.Drift;

public sealed class BinsTests
{
    [Fact]
    public void Of_agrees_with_counting_the_edges() => Gen.Select(Gen.Float.Array[2, 11], Gen.Float).Sample((drawn, value) =>
    {
        float[] edges = [.. drawn.Where(float.IsFinite).Distinct().Order()];
        float[] padded = Bins.Padded([edges, edges]);
        foreach (float at in edges.Append(value).Append(float.PositiveInfinity).Append(float.NegativeInfinity).Where(v => !float.IsNaN(v)))
            Assert.Equal(edges.Count(e => at >= e), Bins.Of(ref padded[Bins.EdgeStride], at));
    });

    [Fact]
    public void Deciles_of_any_numbers_rise_and_hold_all_of_them() => Gen.OneOf(Gen.Float.Where(float.IsFinite).Array[1, 50], Gen.Int[0, 3].Select(i => (float)i).Array[1, 50], Gen.Const(new[] { float.MaxValue })).Sample(values =>
    {
        float[] sorted = [.. values.Order()];
        float[] edges = Bins.Deciles(s => sorted[Math.Min(sorted.Length - 1, (int)(s * sorted.Length))]);
        Assert.InRange(edges.Length, 2, DriftProfile.MostEdges);
        Assert.Equal(edges.Order().Distinct(), edges);
        Assert.All(edges, e => Assert.True(float.IsFinite(e)));
        Assert.All(values.Where(v => v < float.MaxValue), v => Assert.InRange(edges.Count(e => v >= e), 1, edges.Length - 1));
    });
}
