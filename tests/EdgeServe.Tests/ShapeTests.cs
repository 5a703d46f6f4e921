using EdgeServe.Engine.Inference;

namespace EdgeServe.Tests;

public sealed class ShapeTests
{
    [Fact]
    public void ElementCount_that_overflows_is_negative() =>
        Assert.Equal(-1, Shape.ElementCount([long.MaxValue, 2]));
}
