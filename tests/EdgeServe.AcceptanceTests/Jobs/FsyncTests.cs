using System.Globalization;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Jobs;

/// <summary>What happens between the request and the 202, seen and broken at the system calls.</summary>
public sealed class FsyncTests
{
    private const int MostCalls = 400;
    private const int FailingCalls = 8;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_202_is_sent_after_the_fsync_that_keeps_the_job(bool large)
    {
        Assert.SkipUnless(Strace.IsInstalled, "strace is not installed");
        using var models = new ModelFolder().AddShipped("breast-cancer").AddShipped("face-detection");
        await using var server = await EdgeServeProcess.StartAsync(models.Path);
        await server.Client.HealedAsync();
        string file = Path.GetTempFileName();
        string key = Guid.NewGuid().ToString("N");
        await using (await Strace.AttachAsync(server.ProcessId, "-yy", "-s", "8192", "-e", "trace=fsync,fdatasync,pwrite64,pwritev,write,writev,sendto,sendmsg", "-o", file))
            await server.Client.AcceptedAsync(large ? JobSample.Large : JobSample.Small, key);
        var trace = new SyscallTrace(File.ReadAllLines(file));
        File.Delete(file);
        // The page with the key is the job's own; its commit is the next fsync of the log.
        int write = trace.First(c => c.IsOn("jobs.db-wal") && c.Name.StartsWith("pwrite", StringComparison.Ordinal) && c.Text.Contains(key, StringComparison.Ordinal)).Begun;
        int durable = trace.First(c => c.IsOn("jobs.db-wal") && c.Name is "fsync" or "fdatasync" && c.Begun > write).Ended;
        int answered = trace.First(c => c.Name is "sendto" or "sendmsg" or "write" or "writev" && c.Text.Contains("HTTP/1.1 202", StringComparison.Ordinal)).Begun;
        Assert.InRange(durable, write, answered);
        // Its key was on the disk before anything was sealed with it. The file begins with the secret of fingerprints, flushed by itself; keys come after it.
        int fingerprints = trace.First(c => c.IsOn("jobs.keys") && c.Name is "fdatasync").Ended;
        int slot = trace.First(c => c.IsOn("jobs.keys") && c.Name is "pwrite64" && c.Begun > fingerprints).Begun;
        int wrapped = trace.First(c => c.IsOn("jobs.keys") && c.Name is "fdatasync" && c.Begun > slot).Ended;
        Assert.InRange(wrapped, slot, write);
        if (large)
        {
            int payload = trace.First(c => c.IsOn(".request") && c.Name is "fsync").Ended;
            int folder = trace.First(c => c.IsOn("payloads") && c.Name is "fsync").Ended;
            Assert.InRange(payload, 0, folder);
            Assert.InRange(folder, payload, write);
        }

        FaultSheet.Add("strace: order of the calls", large ? "a job of 200 KB" : "a job of 250 bytes", "fsync completed between the write of the job and its 202");
    }

    [Theory]
    [Trait("length", "long")]
    [MemberData(nameof(Calls))]
    public async Task Killed_at_any_call_that_writes_the_promise_holds(string call)
    {
        Assert.SkipUnless(Strace.IsInstalled, "strace is not installed");
        using var models = new ModelFolder().AddShipped("breast-cancer").AddShipped("face-detection");
        using var data = new DataFolder();
        var start = new ServerStart(models.Path) { Data = data.Path };
        int kills = 0, acknowledged = 0;
        int oneIn = call is "pwrite64" or "openat" ? 4 : 1;
        for (int i = 1; i < MostCalls; i += FaultSettings.Every ? 1 : oneIn)
        {
            var (died, ids) = await DieAtAsync(start, call, i);
            acknowledged += ids;
            if (!died)
                break;
            kills++;
        }

        FaultSheet.Add($"killed at the N-th `{call}` of submit and run", $"{kills} kills{(FaultSettings.Every ? "" : oneIn > 1 ? $", every {oneIn}th call" : "")}", $"{acknowledged} acknowledged, 0 lost, 0 duplicated");
        Assert.True(kills > 0, "it was never killed");
    }

    public static TheoryData<string> Calls => [.. Strace.PersistentCalls];

    [Fact]
    [Trait("length", "long")]
    public async Task A_failed_fsync_is_a_503_that_heals_and_infer_goes_on()
    {
        Assert.SkipUnless(Strace.IsInstalled, "strace is not installed");
        using var models = new ModelFolder().AddShipped("breast-cancer").AddShipped("face-detection");
        using var data = new DataFolder();
        var start = new ServerStart(models.Path) { Data = data.Path };
        var promised = new Dictionary<string, string>();
        int refused = 0;
        await using (var server = await EdgeServeProcess.StartAsync(start))
        {
            await server.Client.HealedAsync();
            for (int n = 1; n <= FailingCalls; n++)
            {
                string last = n == FailingCalls ? "+" : "";
                await using (await Strace.AttachAsync(server.ProcessId, "-e", "trace=fsync", "-e", $"inject=fsync:error=EIO:when={n.ToString(CultureInfo.InvariantCulture)}{last}", "-o", "/dev/null"))
                {
                    for (int job = 0; job < FailingCalls; job++)
                    {
                        string key = $"{n}-{job}";
                        var answer = await server.Client.SubmitAsync(job % 2 == 0 ? JobSample.Small : JobSample.Large, key);
                        if (answer.Status == 202)
                            promised[key] = answer.Json.GetProperty("id").GetString()!;
                        else
                            refused++;
                        Assert.True(answer.Status is 202 or 503, answer.Text);
                        Assert.Equal(200, (await server.Client.InferAsync(JobSample.Small)).Status);
                        Assert.Equal(200, (await server.Client.GetAnswerAsync("/v2/health/ready")).Status);
                    }
                }

                await server.Client.HealedAsync();
            }

            for (int n = 1; n <= FailingCalls; n++)
            {
                for (int job = 0; job < FailingCalls; job++)
                {
                    string id = await server.Client.AcceptedInTheEndAsync(job % 2 == 0 ? JobSample.Small : JobSample.Large, $"{n}-{job}");
                    Assert.Equal(promised.GetValueOrDefault($"{n}-{job}", id), id);
                    promised[$"{n}-{job}"] = id;
                }
            }

            await server.KillAsync();
        }

        await using var again = await EdgeServeProcess.StartAsync(start);
        await again.Client.DrainedAsync();
        var kept = await again.Client.AllJobsAsync();
        Assert.Equal(promised.Values.Order(), kept.Keys.Order());
        Assert.All(kept.Values, state => Assert.Equal("succeeded", state));
        Assert.True(refused > 0, "no submission met the failing fsync");
        FaultSheet.Add("fsync reports EIO", $"the 1st to {FailingCalls}th call, and every one from then on", $"{refused} submissions answered 503, {promised.Count} acknowledged, 0 lost, 0 duplicated; healed without restart");
    }

    /// <returns>Was it killed, and how many jobs were acknowledged before?</returns>
    private static async Task<(bool Died, int Acknowledged)> DieAtAsync(ServerStart start, string call, int number)
    {
        JobSample[] samples = [JobSample.Small, JobSample.Large];
        string?[] promised = [null, null];
        bool died = false;
        await using (var server = await EdgeServeProcess.StartAsync(start))
        {
            await server.Client.HealedAsync();
            await using var strace = await Strace.AttachAsync(server.ProcessId, "-e", $"trace={call}", "-e", $"inject={call}:signal=KILL:when={number.ToString(CultureInfo.InvariantCulture)}", "-o", "/dev/null");
            try
            {
                for (int i = 0; i < samples.Length; i++)
                {
                    promised[i] = await server.Client.AcceptedAsync(samples[i], $"{call}-{number}-{i}");
                    await server.Client.StateAsync(promised[i]!);
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                died = true;
            }

            if (died)
                await server.EndAsync();
            else
                await server.KillAsync();
            await strace.EndAsync();
        }

        await using var again = await EdgeServeProcess.StartAsync(start);
        await again.Client.HealedAsync();
        for (int i = 0; i < samples.Length; i++)
        {
            string id = await again.Client.AcceptedInTheEndAsync(samples[i], $"{call}-{number}-{i}");
            Assert.Equal(promised[i] ?? id, id);
            Assert.Equal("succeeded", await again.Client.StateAsync(id));
        }

        // One job a key, over all rounds so far.
        var kept = await again.Client.AllJobsAsync();
        Assert.Equal(0, kept.Count % samples.Length);
        await again.KillAsync();
        return (died, promised.Count(p => p is not null));
    }
}
