using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;

namespace EdgeServe.Tests.Engine.Inference;

/// <summary>Owners at one model, through its scheduler.</summary>
public sealed class FairQueueTests
{
    private const string Flood = "flood";
    private const string Small = "small";

    [Fact]
    public async Task A_single_request_of_another_owner_waits_for_one_run_and_not_for_the_flood()
    {
        using var bench = new SchedulerBench(maxQueueSize: 100);
        var all = Submit(bench, Flood, 0, 50);
        await bench.Session.StartedAsync();
        all.Add(bench.SubmitAsync([100], owner: Small));
        bench.Session.LetEnd(100);
        await Task.WhenAll(all);
        Assert.Equal([0, 100, 1], First(bench, 3));
    }

    [Fact]
    public async Task Owners_who_wait_take_turns_and_each_keeps_its_order()
    {
        using var bench = new SchedulerBench(maxQueueSize: 100);
        var all = Submit(bench, Flood, 0, 7);
        await bench.Session.StartedAsync();
        all.AddRange(Submit(bench, Small, 100, 3));
        all.AddRange(Submit(bench, "third", 200, 3));
        bench.Session.LetEnd(100);
        await Task.WhenAll(all);
        int[] order = First(bench, 13);
        // Each three runs are one of each owner, as long as all three wait.
        foreach (var turn in order.Skip(1).Take(9).Chunk(3))
            Assert.Equal([0, 1, 2], turn.Select(v => v / 100).Order());
        foreach (int owner in new[] { 0, 1, 2 })
            Assert.Equal(order.Where(v => v / 100 == owner).Order(), order.Where(v => v / 100 == owner));
    }

    [Fact]
    public async Task The_highest_priority_buys_a_greater_share_and_never_all_of_it()
    {
        using var bench = new SchedulerBench(maxQueueSize: 100);
        var all = Submit(bench, Flood, 0, 40, priority: 1);
        await bench.Session.StartedAsync();
        all.AddRange(Submit(bench, Small, 100, 10, priority: 3));
        bench.Session.LetEnd(100);
        await Task.WhenAll(all);
        // Two levels below: a quarter of the other's share.
        Assert.Equal(4, First(bench, 21).Count(v => v >= 100), 1.0);
    }

    [Fact]
    public async Task Shares_are_counted_by_size()
    {
        using var bench = new SchedulerBench(maxQueueSize: 100);
        var all = Submit(bench, Flood, 0, 1);
        await bench.Session.StartedAsync();
        // Four rows each against one: four runs of the one for each of the other.
        all.AddRange(Enumerable.Range(0, 5).Select(_ => bench.SubmitAsync([1, 1, 1, 1], owner: Flood)));
        all.AddRange(Submit(bench, Small, 100, 12));
        bench.Session.LetEnd(100);
        await Task.WhenAll(all);
        Assert.Equal(8, First(bench, 11).Count(v => v >= 100), 1.0);
    }

    [Fact]
    public async Task Nobody_saves_up_while_away()
    {
        using var bench = new SchedulerBench(maxQueueSize: 100);
        var all = Submit(bench, Small, 100, 1);
        await bench.Session.StartedAsync();
        all.AddRange(Submit(bench, Flood, 0, 20));
        bench.Session.LetEnd(10);
        await Task.WhenAll(all.Take(10));
        // Ten runs of the flood later the other comes back with as many: they alternate, it does not catch up.
        await bench.Session.StartedAsync();
        all.AddRange(Submit(bench, Small, 101, 10));
        bench.Session.LetEnd(100);
        await Task.WhenAll(all);
        Assert.InRange(bench.Session.Runs.Skip(11).Take(10).Count(r => r[0] > 100), 4, 6);
    }

    [Fact]
    public async Task A_full_queue_makes_room_for_who_holds_less_and_refuses_who_holds_most()
    {
        using var bench = new SchedulerBench(maxQueueSize: 4);
        var running = bench.SubmitAsync([0], owner: Flood);
        await bench.Session.StartedAsync();
        var flood = Submit(bench, Flood, 1, 4);
        Assert.Equal(ServingError.QueueFull, (await Assert.ThrowsAsync<ServingException>(() => bench.SubmitAsync([9], owner: Flood))).Error);
        var small = Submit(bench, Small, 100, 2);
        // Both hold two places now: the last two in line gave way, and there is no room for a third of either.
        foreach (int last in new[] { 3, 2 })
        {
            var displaced = await Assert.ThrowsAsync<ServingException>(() => flood[last]);
            Assert.Equal((ServingError.QueueFull, "Exceeds maximum queue size"), (displaced.Error, displaced.Message));
            Assert.NotNull(displaced.RetryAfter);
        }

        foreach (string owner in new[] { Flood, Small })
            Assert.Equal(ServingError.QueueFull, (await Assert.ThrowsAsync<ServingException>(() => bench.SubmitAsync([9], owner: owner))).Error);
        Assert.Equal(4, bench.Model.Scheduler.Waiting);
        bench.Session.LetEnd(100);
        await Task.WhenAll([running, flood[0], flood[1], .. small]);
        Assert.Equal(0, bench.Model.Scheduler.Waiting);
    }

    [Fact]
    public async Task What_gives_way_is_of_the_lowest_priority()
    {
        using var bench = new SchedulerBench(maxQueueSize: 2);
        var running = bench.SubmitAsync([0], owner: Flood);
        await bench.Session.StartedAsync();
        var low = bench.SubmitAsync([1], priority: 5, owner: Flood);
        var high = bench.SubmitAsync([2], priority: 1, owner: Flood);
        var small = bench.SubmitAsync([100], owner: Small);
        Assert.Equal(ServingError.QueueFull, (await Assert.ThrowsAsync<ServingException>(() => low)).Error);
        bench.Session.LetEnd(100);
        await Task.WhenAll(running, high, small);
    }

    [Fact]
    public async Task Owners_share_a_batch()
    {
        using var bench = new SchedulerBench(new DynamicBatching([], 0), maxQueueSize: 100, maxBatchSize: 4);
        var all = Submit(bench, Flood, 0, 1);
        await bench.Session.StartedAsync();
        all.AddRange(Submit(bench, Flood, 1, 6));
        all.AddRange(Submit(bench, Small, 100, 2));
        bench.Session.LetEnd(100);
        await Task.WhenAll(all);
        Assert.Equal(2, bench.Session.Runs[1].Count(v => v >= 100));
        Assert.Equal(2, bench.Session.Runs[1].Count(v => v < 100));
    }

    [Fact]
    public async Task Clients_that_leave_free_their_places_whoever_they_are()
    {
        using var bench = new SchedulerBench(maxQueueSize: 3000);
        var running = bench.SubmitAsync([0], owner: Flood);
        await bench.Session.StartedAsync();
        using var client = new CancellationTokenSource();
        // More than are kept before the dead are swept.
        var left = Enumerable.Range(1, 1500).Select(i => bench.SubmitAsync([i], client: client.Token, owner: Flood)).ToArray();
        var small = bench.SubmitAsync([10_000], owner: Small);
        await client.CancelAsync();
        foreach (var gone in left)
            Assert.Equal(ServingError.Cancelled, (await Assert.ThrowsAsync<ServingException>(() => gone)).Error);
        Assert.Equal(1, bench.Model.Scheduler.Waiting);
        bench.Session.LetEnd(100);
        await Task.WhenAll(running, small);
        Assert.Equal(2, bench.Session.Runs.Count);
    }

    private static List<Task<int[]>> Submit(SchedulerBench bench, string owner, int from, int count, uint priority = 0) =>
        [.. Enumerable.Range(from, count).Select(i => bench.SubmitAsync([i], priority, owner: owner))];

    private static int[] First(SchedulerBench bench, int count) => [.. bench.Session.Runs.Take(count).Select(r => r[0])];
}
