using CsCheck;
using EdgeServe.Engine.Telemetry.Drift;

namespace EdgeServe.Tests.Engine.Telemetry.Drift;

public sealed class QuantileSketchTests
{
    /// <summary>A pair in the middle stands for 5 % of the ranks: no quantile can be off by more, whatever the numbers.</summary>
    [Fact]
    public void Quantile_of_what_is_spread_is_off_by_less_than_five_in_a_hundred_ranks() => Gen.Select(Gen.Int, Gen.Int[300, 3_000], Gen.Int[1, 6]).Sample((seed, count, power) =>
    {
        var random = new Random(seed);
        float[] values = [.. Enumerable.Range(0, count).Select(_ => MathF.Pow(1 - random.NextSingle(), -power) * (random.Next(2) == 0 ? 1 : -1))];
        Assert.InRange(Off(values), 0, 0.05);
    }, iter: 60);

    [Fact]
    public void Quantile_of_any_numbers_lies_among_them_and_rises() => Gen.Float.Where(float.IsFinite).Array[1, 500].Sample(values =>
    {
        var sketch = Of(values);
        Assert.Equal((values.Min(), values.Max(), values.LongLength), (sketch.Quantile(0), sketch.Quantile(1), sketch.Count));
        float before = values.Min();
        for (int i = 1; i < 10; i++)
        {
            float at = sketch.Quantile(i / 10.0);
            Assert.InRange(at, before, values.Max());
            before = at;
        }
    });

    [Fact]
    public void A_restart_changes_no_quantile()
    {
        var random = new Random(1);
        float[] values = [.. Enumerable.Range(0, 5_000).Select(_ => random.NextSingle())];
        var straight = Of(values);
        var sketch = new QuantileSketch();
        for (int i = 0; i < values.Length; i++)
        {
            if (i == 1234)
                sketch = Again(sketch);
            sketch.Add(values[i]);
        }

        Assert.Equal(straight.Count, sketch.Count);
        for (int i = 0; i <= 10; i++)
            Assert.Equal(straight.Quantile(i / 10.0), sketch.Quantile(i / 10.0), 0.02f);
    }

    [Fact]
    public void What_is_no_finite_number_is_left_out()
    {
        var sketch = Of([float.NaN, 1, float.PositiveInfinity, 2, float.NegativeInfinity]);
        Assert.Equal((2, 1, 2), (sketch.Count, sketch.Quantile(0), sketch.Quantile(1)));
        Assert.Equal(0, new QuantileSketch().Quantile(0.5));
    }

    /// <returns>Share of the rows by which the worst decile is wrong.</returns>
    private static double Off(float[] values)
    {
        var sketch = Of(values);
        float[] sorted = [.. values.Order()];
        return Enumerable.Range(1, 9).Max(i => Math.Abs((sorted.Count(v => v < sketch.Quantile(i / 10.0)) / (double)sorted.Length) - (i / 10.0)));
    }

    private static QuantileSketch Of(float[] values)
    {
        var sketch = new QuantileSketch();
        foreach (float value in values)
            sketch.Add(value);
        return sketch;
    }

    private static QuantileSketch Again(QuantileSketch sketch)
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        sketch.Save(writer);
        Assert.InRange(memory.Length, 10, 600);
        memory.Position = 0;
        var next = new QuantileSketch();
        next.Restore(new BinaryReader(memory));
        return next;
    }
}
