using EdgeServe.Engine.Inference;

namespace EdgeServe.Tests.Engine.Inference;

public sealed class TensorMemoryPoolTests
{
    [Fact]
    public void Rent_beyond_the_bound_is_refused_and_changes_nothing()
    {
        using var pool = new TensorMemoryPool(1 << 20);
        var block = pool.Rent(1 << 19);
        var error = Assert.Throws<ServingException>(() => pool.Rent(1 << 20));
        Assert.Equal(ServingError.OutOfTensorMemory, error.Error);
        Assert.Equal(1 << 19, pool.BytesInFlight);
        block.Release();
        Assert.Equal(0, pool.BytesInFlight);
        pool.Rent(1 << 20).Release();
    }

    [Fact]
    public void A_block_returns_when_its_last_holder_lets_go()
    {
        using var pool = new TensorMemoryPool();
        var block = pool.Rent(1 << 16);
        block.Retain();
        block.Release();
        Assert.Equal(1 << 16, pool.BytesInFlight);
        block.Release();
        Assert.Equal(0, pool.BytesInFlight);
        Assert.Throws<InvalidOperationException>(block.Release);
    }

    [Fact]
    public void Trim_frees_only_what_nobody_used_since_the_last_time()
    {
        using var pool = new TensorMemoryPool();
        pool.Rent(1 << 20).Release();
        Assert.False(pool.Trim());
        Assert.Equal(1 << 20, pool.BytesKept);
        Assert.True(pool.Trim());
        Assert.Equal(0, pool.BytesKept);
    }
}
