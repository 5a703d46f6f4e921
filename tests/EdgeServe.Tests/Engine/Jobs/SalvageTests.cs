using System.Text;
using EdgeServe.Engine.Jobs;
using EdgeServe.Engine.Storage;
using EdgeServe.Tests.Engine.Storage;

namespace EdgeServe.Tests.Engine.Jobs;

public sealed class SalvageTests
{
    private const int Jobs = 150;
    private const int PageBytes = 4096;

    [Fact]
    public async Task A_damaged_page_costs_what_was_on_it_and_says_so()
    {
        using var folder = new TempFolder();
        var jobs = await FillAsync(folder);
        int pages = (int)(new FileInfo(folder["jobs.db"]).Length / PageBytes);
        byte[] sound = File.ReadAllBytes(folder["jobs.db"]);
        for (int page = 0; page < pages; page += 4)
        {
            byte[] damaged = (byte[])sound.Clone();
            // The page's own header: nothing on it can be found any more.
            damaged.AsSpan((page * PageBytes) + (page == 0 ? 100 : 0), 8).Fill(0xFF);
            File.WriteAllBytes(folder["jobs.db"], damaged);
            await using var bench = new JobBench(folder);
            await bench.Storage.Opened;
            await CheckAsync(bench);
            await LookAsync(bench, jobs, page);
            Assert.False((await bench.SubmitAsync()).Replayed);
            await bench.Storage.DisposeAsync();
            // Damage that nobody met is still there, and harmless.
            if (Directory.Exists(bench.Data.Quarantine))
                Directory.Delete(bench.Data.Quarantine, recursive: true);
        }
    }

    /// <summary>In the row of the key or in its index, in the name or behind it.</summary>
    [Fact]
    public async Task A_flipped_bit_in_an_idempotency_key_never_lets_a_retry_run_twice()
    {
        const string key = "key 77";
        using var folder = new TempFolder();
        var jobs = await FillAsync(folder);
        byte[] sound = File.ReadAllBytes(folder["jobs.db"]);
        int places = 0;
        for (int at = sound.AsSpan().IndexOf(Encoding.UTF8.GetBytes(key)); at >= 0; at = Next(at))
        {
            foreach (int behind in new[] { -1, 1, 5, 8, 25, 40 })
            {
                byte[] damaged = (byte[])sound.Clone();
                damaged[at + behind] ^= 4;
                File.WriteAllBytes(folder["jobs.db"], damaged);
                await using var bench = new JobBench(folder);
                await bench.Storage.Opened;
                await CheckAsync(bench);
                var again = await RetryAsync(bench, key);
                Assert.True(again is null || again.Value == jobs[77].Id, $"byte {at}{behind:+0;-0}: the key made a second job");
                places++;
            }
        }

        Assert.True(places >= 12, "the row and the index were not both found");

        int Next(int after) => sound.AsSpan(after + 1).IndexOf(Encoding.UTF8.GetBytes(key)) is >= 0 and var more ? after + 1 + more : -1;
    }

    [Fact]
    public async Task What_the_last_copy_has_is_not_lost()
    {
        using var folder = new TempFolder();
        var jobs = await FillAsync(folder);
        Directory.CreateDirectory(folder["backup"]);
        File.Copy(folder["jobs.db"], Path.Combine(folder["backup"], "jobs.db"));
        byte[] damaged = File.ReadAllBytes(folder["jobs.db"]);
        damaged.AsSpan(PageBytes).Fill(0xAA);
        File.WriteAllBytes(folder["jobs.db"], damaged);
        await using var bench = new JobBench(folder);
        await bench.Storage.Opened;
        Assert.Equal(Jobs, bench.Service.Totals[JobState.Succeeded]);
        foreach (var job in jobs)
            Assert.Equal(Answer(job), await bench.ResultAsync(job));
    }

    [Fact]
    public async Task A_salvage_that_was_cut_off_begins_again()
    {
        using var folder = new TempFolder();
        var jobs = await FillAsync(folder);
        var data = new DataDirectory(folder.Path);
        new Salvage(data).Quarantine();
        File.WriteAllText(folder["jobs.db.salvage"], "half");
        await using var bench = new JobBench(folder);
        await bench.Storage.Opened;
        Assert.Equal(Answer(jobs[7]), await bench.ResultAsync(jobs[7]));
        Assert.Equal(Jobs, bench.Service.Totals[JobState.Succeeded]);
    }

    /// <returns>The job it is told of; null: it is refused for good.</returns>
    private static async Task<JobId?> RetryAsync(JobBench bench, string key)
    {
        while (true)
        {
            try
            {
                return (await bench.SubmitAsync(key: key)).Job.Id;
            }
            catch (StorageException)
            {
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }
            catch (JobException e) when (e.Error is JobError.Lost or JobError.KeyReused or JobError.Gone)
            {
                return null;
            }
        }
    }

    private static string Answer(Job job) => $"answer of {job.Id} " + new string('x', 900);

    private static async Task<List<Job>> FillAsync(TempFolder folder)
    {
        await using var bench = new JobBench(folder);
        var jobs = new List<Job>();
        for (int i = 0; i < Jobs; i++)
        {
            await bench.SubmitAsync(key: $"key {i}");
            var claimed = (await bench.ClaimAsync())!;
            jobs.Add(await bench.SucceedAsync(claimed, Answer(claimed)));
        }

        return jobs;
    }

    /// <summary>What upkeep does after a start: again, when it found damage and the salvage is done.</summary>
    private static async Task CheckAsync(JobBench bench)
    {
        bench.Storage.IsChecked = false;
        while (!bench.Storage.IsChecked)
        {
            try
            {
                JobCheck.Run(bench.Storage);
            }
            catch (StorageException)
            {
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }
        }
    }

    /// <summary>Every job is there with the right answer, failed with a reason, or listed as lost.</summary>
    private static async Task LookAsync(JobBench bench, List<Job> jobs, int page)
    {
        int unknown = 0;
        foreach (var job in jobs)
        {
            try
            {
                await LookAsync(bench, job);
            }
            catch (JobException e)
            {
                unknown += e.Error == JobError.UnknownJob ? 1 : 0;
            }
        }

        Assert.True(unknown == 0, $"page {page}: {unknown} jobs vanished without a word");
    }

    /// <summary>The first to meet damage is told to retry; the salvage follows.</summary>
    private static async Task LookAsync(JobBench bench, Job job)
    {
        while (true)
        {
            try
            {
                var now = bench.Service.Find(job.Owner, job.Id);
                if (now.State == JobState.Succeeded)
                    Assert.Equal(Answer(job), await bench.ResultAsync(job));
                else
                    Assert.Equal(JobFailure.PayloadDamaged, now.Failure!.Code);
                return;
            }
            catch (StorageException)
            {
                // Queued behind the salvage.
                await bench.Storage.Writer.RunAsync(s => 0).ContinueWith(t => t.Exception, TaskScheduler.Default);
            }
        }
    }
}
