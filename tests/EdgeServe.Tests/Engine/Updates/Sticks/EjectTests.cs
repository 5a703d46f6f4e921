using EdgeServe.Engine.Updates.Sticks;

namespace EdgeServe.Tests.Engine.Updates.Sticks;

public sealed class EjectTests
{
    [Fact]
    public async Task A_stick_asked_back_while_it_is_copied_stops_and_goes_on_when_it_comes_again()
    {
        await using var bench = new WatchBench();
        var copying = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bench.Offers.AfterChunk = async cancellation =>
        {
            copying.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellation);
        };
        string stick = bench.Plug("stick", "7", blobBytes: 3 << 20);
        await bench.StartAsync();
        await copying.Task.WaitAsync(TestContext.Current.CancellationToken);
        var (ejected, problems) = await bench.Watcher.EjectAsync(TestContext.Current.CancellationToken);
        Assert.Equal("stick", Assert.Single(ejected));
        Assert.Empty(problems);
        var state = Assert.Single(bench.Watcher.Media);
        Assert.True(state is { Phase: MediumPhase.Done, MayBePulled: true, Text.Title: "Stopped", ReportWritten: false });
        Assert.Equal(1 << 20, bench.Offers.Kept);
        // Nothing is written to it, and it is not taken up again by itself.
        Assert.False(File.Exists(Path.Combine(stick, "edgeserve", "status.html")));
        bench.Watcher.LookAgain();
        bench.Offers.AfterChunk = null;
        string aside = bench.Unplug("stick");
        await bench.UntilAsync(m => m.Count == 0);
        Directory.Move(aside, stick);
        await bench.UntilAsync("stick", MediumPhase.Done);
        Assert.Equal(7, bench.Offers.Release);
    }

    [Fact]
    public async Task One_that_was_done_with_keeps_its_word_and_none_is_nothing()
    {
        await using var bench = new WatchBench();
        await bench.StartAsync();
        Assert.Empty((await bench.Watcher.EjectAsync(TestContext.Current.CancellationToken)).Ejected);
        bench.Plug("stick", "7");
        await bench.UntilAsync("stick", MediumPhase.Done);
        var (ejected, _) = await bench.Watcher.EjectAsync(TestContext.Current.CancellationToken);
        Assert.Equal("stick", Assert.Single(ejected));
        Assert.True(Assert.Single(bench.Watcher.Media) is { Phase: MediumPhase.Done, Text.Title: "Updated", ReportWritten: true });
    }

    [Fact]
    public async Task A_helper_that_is_not_there_is_said_and_nothing_is_thrown()
    {
        await using var bench = new WatchBench(helper: "/nowhere/helper.sock");
        bench.Plug("stick1", "7");
        await bench.StartAsync();
        await bench.UntilAsync("stick1", MediumPhase.Done);
        var (ejected, problems) = await bench.Watcher.EjectAsync(TestContext.Current.CancellationToken);
        Assert.Empty(ejected);
        Assert.StartsWith("stick1: ", Assert.Single(problems), StringComparison.Ordinal);
    }
}
