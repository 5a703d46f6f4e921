using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;

namespace EdgeServe.Tests.Engine.Inference;

public sealed class ModelSchedulerTests
{
    private static readonly DynamicBatching Batching = new([], 0);

    [Fact]
    public async Task A_full_queue_refuses_in_the_protocols_words()
    {
        using var bench = new SchedulerBench(maxQueueSize: 1);
        var running = bench.SubmitAsync([1]);
        await bench.Session.StartedAsync();
        var waiting = bench.SubmitAsync([2]);
        var refused = await Assert.ThrowsAsync<ServingException>(() => bench.SubmitAsync([3]));
        Assert.Equal((ServingError.QueueFull, "Exceeds maximum queue size"), (refused.Error, refused.Message));
        Assert.NotNull(refused.RetryAfter);
        bench.Session.LetEnd(2);
        Assert.Equal(new[] { 1 }, await running);
        Assert.Equal(new[] { 2 }, await waiting);
    }

    [Fact]
    public async Task A_spared_device_runs_fewer_at_a_time_over_all_models_and_refuses_none()
    {
        var throttle = new RunThrottle { Limit = 1 };
        using var one = new SchedulerBench(throttle: throttle);
        using var other = new SchedulerBench(throttle: throttle);
        var first = one.SubmitAsync([1]);
        await one.Session.StartedAsync();
        var second = other.SubmitAsync([2]);
        var begun = other.Session.StartedAsync();
        Assert.False(begun.IsCompleted);
        one.Session.LetEnd();
        Assert.Equal(new[] { 1 }, await first);
        await begun;
        // Lifted while somebody waits: it runs at once.
        var third = one.SubmitAsync([3]);
        throttle.Limit = 0;
        await one.Session.StartedAsync();
        one.Session.LetEnd();
        other.Session.LetEnd();
        Assert.Equal(new[] { 3 }, await third);
        Assert.Equal(new[] { 2 }, await second);
    }

    [Fact]
    public async Task A_deadline_is_kept_in_the_queue()
    {
        using var bench = new SchedulerBench();
        var running = bench.SubmitAsync([1]);
        await bench.Session.StartedAsync();
        var late = bench.SubmitAsync([2], timeout: 1000);
        bench.Time.Advance(TimeSpan.FromMilliseconds(2));
        var error = await Assert.ThrowsAsync<ServingException>(() => late);
        Assert.Equal((ServingError.DeadlineExceeded, "Request timeout expired"), (error.Error, error.Message));
        bench.Session.LetEnd();
        await running;
        Assert.Single(bench.Session.Runs);
        Assert.Equal(0, bench.Model.Scheduler.Waiting);
    }

    [Fact]
    public async Task A_deadline_is_kept_while_running_and_stops_the_run()
    {
        using var bench = new SchedulerBench();
        var late = bench.SubmitAsync([1], timeout: 1000);
        await bench.Session.StartedAsync();
        bench.Time.Advance(TimeSpan.FromMilliseconds(2));
        Assert.Equal(ServingError.DeadlineExceeded, (await Assert.ThrowsAsync<ServingException>(() => late)).Error);
        Assert.True(bench.Session.Terminated);
    }

    [Fact]
    public async Task A_client_that_leaves_frees_its_place()
    {
        using var bench = new SchedulerBench(maxQueueSize: 1);
        var running = bench.SubmitAsync([1]);
        await bench.Session.StartedAsync();
        using var client = new CancellationTokenSource();
        var left = bench.SubmitAsync([2], client: client.Token);
        await client.CancelAsync();
        Assert.Equal(ServingError.Cancelled, (await Assert.ThrowsAsync<ServingException>(() => left)).Error);
        var next = bench.SubmitAsync([3]);
        bench.Session.LetEnd(2);
        await running;
        Assert.Equal(new[] { 3 }, await next);
    }

    [Fact]
    public async Task Higher_priority_goes_first_and_lower_ages()
    {
        using var bench = new SchedulerBench();
        var first = bench.SubmitAsync([0]);
        await bench.Session.StartedAsync();
        var low = bench.SubmitAsync([3], priority: 3);
        var normal = bench.SubmitAsync([2]);
        bench.Time.Advance(TimeSpan.FromSeconds(5));
        var high = bench.SubmitAsync([1], priority: 1);
        bench.Session.LetEnd(4);
        await Task.WhenAll(first, low, normal, high);
        // Five seconds of waiting are worth five levels: the high one came too late to overtake.
        Assert.Equal([0, 2, 3, 1], bench.Session.Runs.Select(r => r[0]));
    }

    [Fact]
    public async Task What_waits_joins_one_run_and_each_gets_its_rows()
    {
        using var bench = new SchedulerBench(Batching);
        var first = bench.SubmitAsync([0]);
        await bench.Session.StartedAsync();
        Task<int[]>[] joined = [bench.SubmitAsync([1]), bench.SubmitAsync([2, 3]), bench.SubmitAsync([4])];
        bench.Session.LetEnd(2);
        await first;
        Assert.Equal([[1], [2, 3], [4]], await Task.WhenAll(joined));
        Assert.Equal([0], bench.Session.Runs[0]);
        Assert.Equal([1, 2, 3, 4], bench.Session.Runs[1]);
        Assert.Equal((2, 5), (bench.Statistics.ExecutionCount, bench.Statistics.InferenceCount));
    }

    [Fact]
    public async Task A_batch_stops_at_its_maximum()
    {
        using var bench = new SchedulerBench(Batching, maxBatchSize: 3);
        var first = bench.SubmitAsync([0]);
        await bench.Session.StartedAsync();
        var waiting = Enumerable.Range(1, 4).Select(i => bench.SubmitAsync([i])).ToArray();
        bench.Session.LetEnd(3);
        await first;
        await Task.WhenAll(waiting);
        Assert.Equal([1, 3, 1], bench.Session.Runs.Select(r => r.Length));
    }

    [Fact]
    public async Task A_batch_that_fails_runs_each_request_alone()
    {
        using var bench = new SchedulerBench(Batching);
        bench.Session.MaxRows = 1;
        var first = bench.SubmitAsync([0]);
        await bench.Session.StartedAsync();
        var good = bench.SubmitAsync([1]);
        var bad = bench.SubmitAsync([2, 3]);
        bench.Session.LetEnd(4);
        await first;
        Assert.Equal(new[] { 1 }, await good);
        Assert.Equal(ServingError.RunFailed, (await Assert.ThrowsAsync<ServingException>(() => bad)).Error);
    }

    [Fact]
    public async Task Without_batching_nothing_is_joined()
    {
        using var bench = new SchedulerBench();
        var first = bench.SubmitAsync([0]);
        await bench.Session.StartedAsync();
        var waiting = Enumerable.Range(1, 3).Select(i => bench.SubmitAsync([i])).ToArray();
        bench.Session.LetEnd(4);
        await first;
        await Task.WhenAll(waiting);
        Assert.Equal(4, bench.Session.Runs.Count);
    }

    [Fact]
    public async Task Stopping_fails_what_waits()
    {
        using var bench = new SchedulerBench();
        var running = bench.SubmitAsync([1]);
        await bench.Session.StartedAsync();
        var waiting = bench.SubmitAsync([2]);
        bench.Model.Scheduler.Dispose();
        Assert.Equal(ServingError.ShuttingDown, (await Assert.ThrowsAsync<ServingException>(() => waiting)).Error);
        bench.Session.LetEnd();
        Assert.Equal(new[] { 1 }, await running);
    }

    [Fact]
    public async Task No_tensor_memory_is_left_in_flight()
    {
        using var bench = new SchedulerBench(Batching, maxQueueSize: 100);
        bench.Session.IsOpen = true;
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => bench.SubmitAsync([i, i])));
        await Task.WhenAll(Enumerable.Range(0, 5).Select(i => bench.SubmitAsync([i], timeout: 1_000_000)));
        SpinWait.SpinUntil(() => bench.Pool.BytesInFlight == 0, TimeSpan.FromSeconds(10));
        Assert.Equal(0, bench.Pool.BytesInFlight);
    }
}
