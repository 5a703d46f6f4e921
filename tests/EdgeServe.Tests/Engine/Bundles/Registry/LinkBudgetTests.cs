using EdgeServe.Engine.Bundles.Registry;
using EdgeServe.Engine.Storage;
using EdgeServe.Tests.Engine.Storage;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Engine.Bundles.Registry;

public sealed class LinkBudgetTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bytes_a_second_hold_for_all_that_use_the_link()
    {
        var time = new FakeTimeProvider();
        var budget = new LinkBudget(time, () => 0, null, bytesPerSecond: 1000, bytesPerDay: 0);
        Task first = budget.SpendAsync(1000, Stop).AsTask(), second = budget.SpendAsync(500, Stop).AsTask();
        time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(first.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        await first;
        Assert.False(second.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(500));
        await second;
        // What was not used is not saved up.
        time.Advance(TimeSpan.FromHours(1));
        var third = budget.SpendAsync(1000, Stop).AsTask();
        Assert.False(third.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        await third;
    }

    [Fact]
    public async Task Bytes_a_day_are_of_running_time_and_outlive_a_restart()
    {
        using var folder = new TempFolder();
        long running = 5_000;
        LinkBudget Start() => new(TimeProvider.System, () => running, new DoubledFile(folder["link"]), 0, bytesPerDay: 3 << 20);
        var budget = Start();
        await budget.SpendAsync(2 << 20, Stop);
        Assert.Equal(1 << 20, Start().Left);
        await budget.SpendAsync(2 << 20, Stop);
        Assert.Equal(0, Start().Left);
        Assert.Contains("3145728", Assert.Throws<EdgeServe.Engine.Bundles.BundleException>(Start().Require).Message, StringComparison.Ordinal);
        running += 24 * 60 * 60 * 1000L - 1;
        Assert.Equal(0, Start().Left);
        running++;
        Assert.Equal(3 << 20, Start().Left);
    }
}
