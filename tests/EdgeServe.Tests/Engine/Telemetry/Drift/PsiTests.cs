using CsCheck;
using EdgeServe.Engine.Telemetry.Drift;

namespace EdgeServe.Tests.Engine.Telemetry.Drift;

public sealed class PsiTests
{
    [Fact]
    public void Of_agrees_with_the_formula_written_out() => Gen.Select(Gen.Long[0, 5_000].Array[2, 14], Gen.Int[0, 400].Array[14]).Sample((reference, drawn) =>
    {
        int[] window = drawn[..reference.Length];
        double k = reference.Length, m = reference.Sum(), n = window.Sum();
        double[] q = [.. reference.Select(r => (r + 0.5) / (m + (k / 2)))];
        double[] p = [.. window.Select((w, i) => (w + (k / 2 * q[i])) / (n + (k / 2)))];
        double expected = p.Zip(q, (a, b) => (a - b) * Math.Log(a / b)).Where((_, i) => reference[i] > 0 || window[i] > 0).Sum();
        double actual = Psi.Of(reference, window, out int freedom);
        Assert.Equal(1, p.Sum(), 9);
        Assert.Equal(expected, actual, 9);
        Assert.Equal(Math.Max(1, reference.Zip(window, (r, w) => r > 0 || w > 0 ? 1 : 0).Sum() - 1), freedom);
        Assert.True(actual >= 0);
    });

    [Fact]
    public void Of_a_window_as_the_reference_is_nothing_and_of_an_empty_one_too()
    {
        long[] reference = [0, 100, 100, 100, 0];
        Assert.InRange(Psi.Of(reference, [0, 100, 100, 100, 0], out _), 0, 0.0001);
        Assert.Equal(0, Psi.Of(reference, [0, 0, 0, 0, 0], out _), 12);
    }

    [Theory]
    [InlineData(9, 0.05, 16.919)]
    [InlineData(9, 0.001, 27.877)]
    [InlineData(1, 0.01, 6.635)]
    [InlineData(12, 1e-6, 50.3)]
    public void ByChance_follows_the_tables_of_chi_squared(int freedom, double chance, double expected) =>
        Assert.InRange(Psi.ByChance(200, 200, freedom, chance, 1) / 0.01, expected * 0.96, expected * 1.04);

    [Fact]
    public void ByChance_is_exceeded_as_often_as_it_says()
    {
        var random = new Random(1);
        long[] reference = new long[10];
        for (int i = 0; i < 1_000; i++)
            reference[random.Next(10)]++;
        int above = 0;
        const int trials = 20_000;
        for (int t = 0; t < trials; t++)
        {
            int[] window = new int[10];
            for (int i = 0; i < 240; i++)
                window[random.Next(10)]++;
            above += Psi.Of(reference, window, out int freedom) > Psi.ByChance(1_000, 240, freedom, 0.01, 1) ? 1 : 0;
        }

        // The reference is one draw, so that its own deviation is in all trials: somewhat more or less than 200.
        Assert.InRange(above, 20, 600);
    }

    [Fact]
    public void ByChance_without_rows_is_never_exceeded() => Assert.Equal(double.PositiveInfinity, Psi.ByChance(0, 100, 9, 0.01, 1));
}
