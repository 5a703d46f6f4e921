using EdgeServe.Engine.Device;

namespace EdgeServe.Tests.Engine.Device;

public class RandomStockTests
{
    [Fact]
    public async Task No_two_draws_are_alike_on_any_thread()
    {
        var drawn = new System.Collections.Concurrent.ConcurrentDictionary<UInt128, bool>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                byte[] bytes = new byte[16];
                for (int i = 0; i < 5000; i++)
                {
                    // Lengths that do not divide the stock: none may hand out its tail twice.
                    RandomStock.Fill(bytes.AsSpan(0, 9 + (i % 8)));
                    Assert.True(drawn.TryAdd(BitConverter.ToUInt128(bytes), true));
                }
            },
            TaskCreationOptions.LongRunning)));
        Assert.Equal(8 * 5000, drawn.Count);
    }

    [Fact]
    public void A_draw_fills_all_of_its_target()
    {
        var seen = new bool[10];
        byte[] bytes = new byte[10];
        for (int i = 0; i < 200; i++)
        {
            bytes.AsSpan().Clear();
            RandomStock.Fill(bytes);
            for (int at = 0; at < bytes.Length; at++)
                seen[at] |= bytes[at] != 0;
        }

        Assert.All(seen, Assert.True);
    }
}
