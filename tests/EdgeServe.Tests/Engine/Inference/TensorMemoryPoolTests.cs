using EdgeServe.Engine.Inference;

namespace EdgeServe.Tests.Engine.Inference;

public sealed class TensorMemoryPoolTests
{
    private static TensorMemory KeepOnAnotherThread(TensorMemoryPool pool)
    {
        TensorMemory? block = null;
        var thread = new Thread(() =>
        {
            block = pool.Rent(1024);
            block.Release();
        });
        thread.Start();
        thread.Join();
        return block!;
    }

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
        Assert.Equal(0, pool.Trim());
        Assert.Equal(1 << 20, pool.BytesKept);
        Assert.Equal(1 << 20, pool.Trim());
        Assert.Equal(0, pool.BytesKept);
    }

    [Fact]
    public void What_a_burst_left_behind_goes_though_the_box_is_busy()
    {
        using var pool = new TensorMemoryPool();
        TensorMemory[] burst = [.. Enumerable.Range(0, 4).Select(_ => pool.Rent(1 << 20))];
        Array.ForEach(burst, b => b.Release());
        Assert.Equal(0, pool.Trim());
        for (int i = 0; i < 100; i++)
            pool.Rent(1 << 20).Release();
        Assert.Equal(3 << 20, pool.Trim());
        Assert.Equal(1 << 20, pool.BytesKept);
    }

    [Fact]
    public void What_a_thread_kept_for_itself_goes_with_the_thread()
    {
        using var pool = new TensorMemoryPool();
        var kept = KeepOnAnotherThread(pool);
        for (int i = 0; i < 10 && kept.Pointer != 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(0, kept.Pointer);
    }

    [Fact]
    public void An_inference_thread_gives_it_back_when_it_ends()
    {
        using var pool = new TensorMemoryPool();
        TensorMemory? kept = null;
        InferenceThread.Start("test", 0, () =>
        {
            var block = pool.Rent(1024);
            block.Release();
            Volatile.Write(ref kept, block);
        });
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref kept)?.Pointer == 0, TimeSpan.FromMinutes(1)), "it is still there");
    }

    [Fact]
    public void A_share_has_a_bound_of_its_own_and_counts_for_the_whole()
    {
        using var pool = new TensorMemoryPool(8192);
        var share = pool.Share(4096);
        var first = share.Rent(4096);
        Assert.Equal((4096, 4096), (share.BytesInFlight, pool.BytesInFlight));
        var refused = Assert.Throws<ServingException>(() => share.Rent(1));
        Assert.Equal(ServingError.OutOfTensorMemory, refused.Error);
        Assert.Contains("as one key may", refused.Message, StringComparison.Ordinal);
        // Another's share is not touched by that, and the whole is the end for both.
        var other = pool.Share(8192);
        var second = other.Rent(4096);
        Assert.Throws<ServingException>(() => other.Rent(256));
        Assert.Equal((4096, 8192), (other.BytesInFlight, pool.BytesInFlight));
        first.Release();
        second.Release();
        Assert.Equal((0, 0, 0), (share.BytesInFlight, other.BytesInFlight, pool.BytesInFlight));
        // The memory was the whole's: who rents it next owes nothing to the share.
        pool.Rent(4096).Release();
        share.Reserve(100);
        Assert.Equal((100, 100), (share.BytesInFlight, pool.BytesInFlight));
        share.Unreserve(100);
        share.AccountOwn(4096);
        Assert.Equal((4096, 0), (share.BytesInFlight, pool.BytesInFlight));
        Assert.Throws<ServingException>(() => share.Rent(1));
        share.AccountOwn(-4096);
        share.Rent(4096).Release();
        Assert.Equal((0, 0), (share.BytesInFlight, pool.BytesInFlight));
    }
}
