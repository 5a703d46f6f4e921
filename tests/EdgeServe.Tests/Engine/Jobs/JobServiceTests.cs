using EdgeServe.Engine.Jobs;

namespace EdgeServe.Tests.Engine.Jobs;

public sealed class JobServiceTests
{
    [Fact]
    public async Task The_same_key_and_body_is_the_same_job()
    {
        await using var bench = new JobBench();
        var first = await bench.SubmitAsync("{1}", "key");
        var again = await bench.SubmitAsync("{1}", "key");
        Assert.False(first.Replayed);
        Assert.True(again.Replayed);
        Assert.Equal(first.Job.Id, again.Job.Id);
        Assert.Equal(1, bench.Service.Totals.Pending);
    }

    [Fact]
    public async Task The_same_key_and_another_body_is_refused()
    {
        await using var bench = new JobBench();
        await bench.SubmitAsync("{1}", "key");
        Assert.Equal(JobError.KeyReused, (await Assert.ThrowsAsync<JobException>(() => bench.SubmitAsync("{2}", "key"))).Error);
        Assert.Equal(JobError.KeyReused, (await Assert.ThrowsAsync<JobException>(() => bench.SubmitAsync("{1}", "key", model: "other"))).Error);
        Assert.Equal(1, bench.Service.Totals.Pending);
    }

    [Fact]
    public async Task A_key_outlives_its_job()
    {
        await using var bench = new JobBench();
        var receipt = await bench.SubmitAsync("{1}", "key");
        await bench.SucceedAsync((await bench.ClaimAsync())!, "{}");
        await bench.Service.DeleteAsync("local", receipt.Job.Id);
        Assert.Equal(JobError.Gone, (await Assert.ThrowsAsync<JobException>(() => bench.SubmitAsync("{1}", "key"))).Error);
        Assert.Null(await bench.ClaimAsync());
    }

    [Fact]
    public async Task Keys_of_jobs_that_are_gone_are_bounded()
    {
        await using var bench = new JobBench();
        for (int i = 0; i < 5; i++)
        {
            var receipt = await bench.SubmitAsync("{}", $"key {i}");
            await bench.SucceedAsync((await bench.ClaimAsync())!, "{}");
            if (i < 4)
                await bench.Service.DeleteAsync("local", receipt.Job.Id);
        }

        Assert.Equal(3, await bench.Storage.Writer.RunAsync(s => s.PruneKeys(2)));
        Assert.False((await bench.SubmitAsync("{}", "key 0")).Replayed);
        Assert.Equal(JobError.Gone, (await Assert.ThrowsAsync<JobException>(() => bench.SubmitAsync("{}", "key 3"))).Error);
        Assert.True((await bench.SubmitAsync("{}", "key 4")).Replayed);
    }

    [Fact]
    public async Task Owners_take_turns_and_priority_orders_an_owners_own_jobs()
    {
        await using var bench = new JobBench();
        foreach (var (owner, model, priority) in new[] { ("b", "b1", 1), ("b", "b2", 1), ("b", "b3", 1), ("c", "c2", 9), ("c", "c1", 2), ("a", "a1", 9) })
            await bench.SubmitAsync(owner: owner, model: model, priority: priority);
        var order = new List<string>();
        while (await bench.ClaimAsync() is { } job)
            order.Add(job.Model);
        Assert.Equal(["a1", "b1", "c1", "b2", "c2", "b3"], order);
    }

    [Fact]
    public async Task Another_owner_sees_nothing()
    {
        await using var bench = new JobBench();
        var mine = (await bench.SubmitAsync("{}", "key", owner: "mine")).Job;
        Assert.Equal(JobError.UnknownJob, Assert.Throws<JobException>(() => bench.Service.Find("other", mine.Id)).Error);
        Assert.Equal(JobError.UnknownJob, (await Assert.ThrowsAsync<JobException>(() => bench.Service.DeleteAsync("other", mine.Id))).Error);
        Assert.Equal(JobError.UnknownJob, (await Assert.ThrowsAsync<JobException>(() => bench.Service.AcknowledgeAsync("other", mine.Id))).Error);
        Assert.Empty(bench.Service.List("other", new JobFilter(null, null, 0, 10)));
        Assert.Empty(bench.Service.Since("other", 0, 10));
        Assert.False((await bench.SubmitAsync("{}", "key", owner: "other")).Replayed);
        Assert.Single(bench.Service.List("mine", new JobFilter(null, null, 0, 10)));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100_000)]
    public async Task A_result_comes_back_as_it_was_until_it_is_acknowledged(int length)
    {
        await using var bench = new JobBench();
        string answer = new('x', length);
        var job = await bench.DoneAsync(answer);
        Assert.Equal(answer, await bench.ResultAsync(job));
        var acknowledged = await bench.Service.AcknowledgeAsync("local", job.Id);
        Assert.True(acknowledged.Acknowledged);
        Assert.Equal(JobError.Gone, Assert.Throws<JobException>(() => bench.Service.Result(bench.Service.Find("local", job.Id))).Error);
        Assert.Empty(Directory.Exists(bench.Data.Payloads) ? Directory.GetFiles(bench.Data.Payloads) : []);
        Assert.Equal(0, bench.Service.Totals.Bytes);
    }

    [Fact]
    public async Task A_waiting_job_is_cancelled_and_a_done_one_forgotten()
    {
        await using var bench = new JobBench();
        var waiting = (await bench.SubmitAsync(new string('x', 100_000))).Job;
        Assert.Equal(JobState.Cancelled, (await bench.Service.DeleteAsync("local", waiting.Id))!.State);
        Assert.Null(await bench.ClaimAsync());
        Assert.Empty(Directory.GetFiles(bench.Data.Payloads));
        Assert.Null(await bench.Service.DeleteAsync("local", waiting.Id));
        Assert.Throws<JobException>(() => bench.Service.Find("local", waiting.Id));
    }

    [Fact]
    public async Task A_waiter_hears_of_the_end()
    {
        await using var bench = new JobBench();
        var job = (await bench.SubmitAsync()).Job;
        var waiting = bench.Service.WaitAsync("local", job.Id, TimeSpan.FromMinutes(5), bench.Time, TestContext.Current.CancellationToken);
        await bench.SucceedAsync((await bench.ClaimAsync())!, "{}");
        Assert.Equal(JobState.Succeeded, (await waiting).State);
    }

    [Fact]
    public async Task A_waiter_is_told_what_there_is_when_its_time_is_over()
    {
        await using var bench = new JobBench();
        var job = (await bench.SubmitAsync()).Job;
        var waiting = bench.Service.WaitAsync("local", job.Id, TimeSpan.FromSeconds(30), bench.Time, TestContext.Current.CancellationToken);
        bench.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(JobState.Queued, (await waiting).State);
    }

    [Fact]
    public async Task The_higher_priority_runs_first_and_then_the_older()
    {
        await using var bench = new JobBench();
        var low = (await bench.SubmitAsync(priority: 9)).Job;
        var first = (await bench.SubmitAsync(priority: 2)).Job;
        var second = (await bench.SubmitAsync(priority: 2)).Job;
        Assert.Equal([first.Id, second.Id, low.Id], [(await bench.ClaimAsync())!.Id, (await bench.ClaimAsync())!.Id, (await bench.ClaimAsync())!.Id]);
    }

    [Fact]
    public async Task Too_many_waiting_jobs_are_refused()
    {
        await using var bench = new JobBench(options: new JobOptions { MaxPending = 1, ReserveBytes = 0, BallastBytes = 0 });
        await bench.SubmitAsync();
        Assert.Equal(JobError.TooManyJobs, (await Assert.ThrowsAsync<JobException>(() => bench.SubmitAsync())).Error);
    }

    [Fact]
    public async Task A_list_turns_pages()
    {
        await using var bench = new JobBench();
        var ids = new List<JobId>();
        for (int i = 0; i < 5; i++)
            ids.Insert(0, (await bench.SubmitAsync(model: i % 2 == 0 ? "even" : "odd")).Job.Id);
        var page = bench.Service.List("local", new JobFilter(null, null, 0, 3));
        var rest = bench.Service.List("local", new JobFilter(null, null, page[^1].Seq, 3));
        Assert.Equal(ids, page.Concat(rest).Select(j => j.Id));
        Assert.Equal(2, bench.Service.List("local", new JobFilter(JobState.Queued, "odd", 0, 10)).Count);
        Assert.Empty(bench.Service.List("local", new JobFilter(JobState.Failed, null, 0, 10)));
    }

    /// <summary>An exception in a transaction undoes everybody's; a client that guesses ids is not to cost the others theirs.</summary>
    [Fact]
    public async Task What_cannot_be_done_undoes_nobody_s_commit()
    {
        await using var bench = new JobBench();
        var first = (await bench.SubmitAsync()).Job;
        Assert.Equal(JobError.UnknownJob, (await Assert.ThrowsAsync<JobException>(() => bench.Service.DeleteAsync("local", JobId.Make(0)))).Error);
        Assert.Equal(JobError.UnknownJob, (await Assert.ThrowsAsync<JobException>(() => bench.Service.AcknowledgeAsync("local", JobId.Make(0)))).Error);
        Assert.Equal(JobError.WrongState, (await Assert.ThrowsAsync<JobException>(() => bench.Service.AcknowledgeAsync("local", first.Id))).Error);
        Assert.Equal(first.Event + 1, (await bench.SubmitAsync()).Job.Event);
    }

    [Fact]
    public async Task An_event_of_another_card_is_not_known()
    {
        await using var bench = new JobBench();
        var job = (await bench.SubmitAsync()).Job;
        Assert.True(bench.Service.Knows(job.Event));
        Assert.False(bench.Service.Knows(1_000_000_000_000));
    }

    [Fact]
    public async Task Events_rise_and_resume()
    {
        await using var bench = new JobBench();
        var (changes, stop) = bench.Service.Events.Listen("local");
        var job = await bench.DoneAsync();
        var seen = new List<Job>();
        while (changes.TryRead(out var change))
            seen.Add(change);
        stop();
        Assert.Equal([JobState.Queued, JobState.Running, JobState.Succeeded], seen.Select(j => j.State));
        Assert.Equal(seen.Select(j => j.Event).Order(), seen.Select(j => j.Event));
        Assert.Equal(job.Id, Assert.Single(bench.Service.Since("local", seen[0].Event, 10)).Id);
        Assert.Empty(bench.Service.Since("local", seen[^1].Event, 10));
    }
}
