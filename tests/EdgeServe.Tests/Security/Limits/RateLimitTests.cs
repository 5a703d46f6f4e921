using System.Net;
using EdgeServe.Security.Limits;

namespace EdgeServe.Tests.Security.Limits;

public sealed class RateLimitTests
{
    private const long Frequency = 1_000_000;

    [Fact]
    public void A_burst_is_let_through_and_then_the_rate()
    {
        var limit = new RateLimit(10, Frequency);
        long cell = 0;
        long now = 5 * Frequency;
        Assert.Equal(20, Enumerable.Range(0, 100).Count(_ => limit.TryTake(ref cell, now, out TimeSpan _)));
        Assert.False(limit.TryTake(ref cell, now, out var wait));
        Assert.Equal(0.1, wait.TotalSeconds, 3);
        // Whoever waits as told is let in, once.
        now += (long)(wait.TotalSeconds * Frequency) + 1;
        Assert.True(limit.TryTake(ref cell, now, out TimeSpan _));
        Assert.False(limit.TryTake(ref cell, now, out TimeSpan _));
        // An hour's rest saves up no more than a burst.
        now += 3600 * Frequency;
        Assert.Equal(20, Enumerable.Range(0, 100).Count(_ => limit.TryTake(ref cell, now, out TimeSpan _)));
    }

    [Fact]
    public void Nothing_is_counted_without_a_limit()
    {
        var limit = new RateLimit(0, Frequency);
        long cell = 0;
        Assert.All(Enumerable.Range(0, 10_000), _ => Assert.True(limit.TryTake(ref cell, 1, out TimeSpan _)));
    }

    [Fact]
    public async Task Threads_together_get_no_more_than_one_would()
    {
        var limit = new RateLimit(1000, Frequency);
        long[] cell = [0];
        int[] taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Enumerable.Range(0, 5000).Count(_ => limit.TryTake(ref cell[0], Frequency, out TimeSpan _)))));
        Assert.Equal(2000, taken.Sum());
    }

    [Fact]
    public void A_million_addresses_take_no_memory()
    {
        var limits = new AddressLimits(new RateLimit(1, Frequency));
        var address = new IPAddress([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        limits.TryCount(address, Frequency, out _);
        var many = Enumerable.Range(0, 1000).Select(i => new IPAddress(i * 7919L)).ToArray();
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int i = 0; i < 1_000_000; i++)
                limits.TryCount(many[i % many.Length], Frequency, out _);
        }));
    }

    [Fact]
    public void A_network_of_ipv6_and_a_mapped_address_are_one()
    {
        var limits = new AddressLimits(new RateLimit(1, Frequency));
        Assert.True(limits.TryCount(IPAddress.Parse("2001:db8::1"), Frequency, out _));
        Assert.True(limits.TryCount(IPAddress.Parse("2001:db8::2"), Frequency, out _));
        Assert.False(limits.TryCount(IPAddress.Parse("2001:db8::3"), Frequency, out _));
        limits = new AddressLimits(new RateLimit(1, Frequency));
        Assert.True(limits.TryCount(IPAddress.Parse("192.0.2.1"), Frequency, out _));
        Assert.True(limits.TryCount(IPAddress.Parse("::ffff:192.0.2.1"), Frequency, out _));
        Assert.False(limits.TryCount(IPAddress.Parse("192.0.2.1"), Frequency, out _));
    }
}
