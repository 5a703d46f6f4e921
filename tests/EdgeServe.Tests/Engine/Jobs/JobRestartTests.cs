using EdgeServe.Engine.Jobs;
using EdgeServe.Tests.Engine.Storage;

namespace EdgeServe.Tests.Engine.Jobs;

public sealed class JobRestartTests
{
    [Fact]
    public async Task Jobs_results_and_keys_are_there_after_a_death()
    {
        using var folder = new TempFolder();
        Job done;
        JobId waiting;
        await using (var bench = new JobBench(folder))
        {
            done = await bench.DoneAsync("the answer");
            waiting = (await bench.SubmitAsync("{1}", "key")).Job.Id;
            await bench.DieAsync();
        }

        await using var again = new JobBench(folder);
        await again.Storage.Opened;
        Assert.Equal("the answer", await again.ResultAsync(done));
        var replay = await again.SubmitAsync("{1}", "key");
        Assert.True(replay.Replayed);
        Assert.Equal(waiting, replay.Job.Id);
        Assert.Equal(1, again.Service.Totals[JobState.Succeeded]);
    }

    [Fact]
    public async Task Jobs_that_went_with_their_log_are_named_and_what_was_let_go_stays_gone()
    {
        using var folder = new TempFolder();
        Job forgotten;
        await using (var bench = new JobBench(folder))
            forgotten = await bench.DoneAsync();
        byte[] database = File.ReadAllBytes(folder["jobs.db"]);
        Job lost, passing;
        await using (var bench = new JobBench(folder))
        {
            await bench.Storage.Opened;
            lost = (await bench.SubmitAsync(new string('x', 100_000))).Job;
            passing = (await bench.SubmitAsync()).Job;
            await bench.Service.DeleteAsync("local", passing.Id);
            await bench.Service.DeleteAsync("local", passing.Id);
            await bench.Service.DeleteAsync("local", forgotten.Id);
            await bench.DieAsync();
        }

        // What the disk holds when somebody takes the log away.
        File.WriteAllBytes(folder["jobs.db"], database);
        File.Delete(folder["jobs.db-wal"]);
        File.WriteAllText(folder["running"], "");
        await using var again = new JobBench(folder);
        await again.Storage.Opened;
        Assert.True(again.Service.LogWasMissing);
        Assert.Equal(1, again.Service.Lost);
        Assert.Equal(JobError.Lost, Assert.Throws<JobException>(() => again.Service.Find("local", lost.Id)).Error);
        Assert.Equal(JobError.Lost, (await Assert.ThrowsAsync<JobException>(() => again.Service.DeleteAsync("local", lost.Id))).Error);
        Assert.Equal(JobError.UnknownJob, Assert.Throws<JobException>(() => again.Service.Find("local", passing.Id)).Error);
        Assert.Equal(JobError.UnknownJob, Assert.Throws<JobException>(() => again.Service.Find("local", forgotten.Id)).Error);
        // The request itself is evidence.
        Assert.Equal(1, again.Storage.Files.Sweep((id, part) => again.Storage.Readers.Read(r => r.Names(id, part)), folder["kept"]));
        Assert.Equal([lost.Id + ".request"], Directory.GetFiles(folder["kept"]).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_job_that_three_processes_died_of_is_given_up()
    {
        using var folder = new TempFolder();
        JobId id = default;
        for (int death = 1; death <= 3; death++)
        {
            await using var bench = new JobBench(folder);
            if (death == 1)
                id = (await bench.SubmitAsync(new string('x', 100_000))).Job.Id;
            await bench.Storage.Opened;
            if (death > 1)
                Assert.Null(await bench.ClaimAsync());
            bench.Time.Advance(JobBackoffOf(death));
            Assert.Equal(id, (await bench.ClaimAsync())!.Id);
            await bench.DieAsync();
        }

        await using var last = new JobBench(folder);
        await last.Storage.Opened;
        var job = last.Service.Find("local", id);
        Assert.Equal((JobState.Failed, JobFailure.Poison, 3), (job.State, job.Failure!.Code, job.Deaths));
        Assert.Null(await last.ClaimAsync());
    }

    [Fact]
    public async Task A_job_is_not_blamed_for_processes_that_die_young()
    {
        using var folder = new TempFolder();
        JobId id = default;
        for (int death = 1; death <= 10; death++)
        {
            await using var bench = new JobBench(folder);
            await bench.Storage.Opened;
            if (death == 1)
                id = (await bench.SubmitAsync()).Job.Id;
            Assert.Equal(death == 1, await bench.ClaimAsync() is not null);
            await bench.DieAsync();
        }

        await using var last = new JobBench(folder);
        await last.Storage.Opened;
        last.Time.Advance(JobBackoffOf(2));
        Assert.Equal(id, (await last.ClaimAsync())!.Id);
    }

    [Fact]
    public async Task Event_numbers_go_on_after_a_death()
    {
        using var folder = new TempFolder();
        long before;
        await using (var bench = new JobBench(folder))
        {
            before = (await bench.DoneAsync()).Event;
            await bench.DieAsync();
        }

        await using var again = new JobBench(folder);
        Assert.True((await again.SubmitAsync()).Job.Event > before);
    }

    [Fact]
    public async Task A_file_that_no_row_names_is_swept_and_one_being_written_is_not()
    {
        await using var bench = new JobBench();
        var kept = (await bench.SubmitAsync(new string('x', 100_000))).Job;
        File.WriteAllText(bench.Storage.Files.PathOf(JobId.Make(0), PayloadPart.Result), "left behind");
        using var draft = bench.Service.Begin(-1, 0);
        draft.Write(new System.Buffers.ReadOnlySequence<byte>(new byte[100_000]));
        int swept = bench.Storage.Files.Sweep((id, part) => bench.Storage.Readers.Read(r => r.Names(id, part)));
        Assert.Equal(1, swept);
        Assert.Equal(
            new[] { $"{kept.Id}.request", $"{draft.Id}.request" }.Order(),
            Directory.GetFiles(bench.Data.Payloads).Select(f => Path.GetFileName(f)!).Order());
    }

    private static TimeSpan JobBackoffOf(int death) => death == 1 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(JobBackoff.DelayMs(death - 1));
}
