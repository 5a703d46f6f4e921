using CsCheck;
using EdgeServe.Engine.Inference;

namespace EdgeServe.Tests.Engine.Inference;

public sealed class ShapeTests
{
    [Theory]
    [InlineData(1, new long[0])]
    [InlineData(0, new long[] { 3, 0, 5 })]
    [InlineData(-1, new long[] { 3, 0, long.MaxValue })]
    [InlineData(-1, new[] { long.MaxValue, 2 })]
    [InlineData(-1, new[] { 1L << 32, 1L << 32 })]
    public void ElementCount_counts_or_says_it_cannot(long expected, long[] shape) => Assert.Equal(expected, Shape.ElementCount(shape));

    [Fact]
    public void ElementCount_agrees_with_big_numbers() => Gen.Long[1, 1 << 20].Array[0, 5].Sample(shape =>
    {
        var exact = shape.Aggregate(System.Numerics.BigInteger.One, (a, b) => a * b);
        Assert.Equal(exact <= long.MaxValue ? (long)exact : -1, Shape.ElementCount(shape));
    });

    [Fact]
    public void Fits_takes_any_size_where_the_graph_leaves_it_open()
    {
        Assert.True(Shape.Fits([-1, 3], [7, 3]));
        Assert.False(Shape.Fits([-1, 3], [7, 4]));
        Assert.False(Shape.Fits([-1, 3], [7]));
    }
}
