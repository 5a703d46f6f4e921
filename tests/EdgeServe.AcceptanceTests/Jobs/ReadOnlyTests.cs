using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Jobs;

/// <summary>A disk that takes no write any more.</summary>
[Trait("length", "long")]
public sealed class ReadOnlyTests
{
    private const int Jobs = 20;
    private static readonly Dictionary<string, string?> NoReserve = new() { ["EDGESERVE__Storage__ReserveBytes"] = "0", ["EDGESERVE__Storage__BallastBytes"] = "0" };

    [Fact]
    public async Task A_card_that_turns_read_only_stops_jobs_alone_and_loses_none()
    {
        Assert.SkipUnless(SmallDisk.Unavailable is null, SmallDisk.Unavailable ?? "");
        using var models = new ModelFolder().AddShipped("breast-cancer").AddShipped("face-detection");
        using var disk = SmallDisk.Ext4(32 << 20);
        var start = new ServerStart(models.Path) { Data = disk.Data, Environment = NoReserve };
        var promised = new List<string>();
        await using (var server = await EdgeServeProcess.StartAsync(start))
        {
            await server.Client.HealedAsync();
            for (int i = 0; i < Jobs; i++)
                promised.Add(await server.Client.AcceptedAsync(i % 4 == 0 ? JobSample.Large : JobSample.Small, $"key {i}"));
            disk.TurnReadOnly();
            await AssertRefusesAsync(server);
            await server.KillAsync();
        }

        disk.Unmount();
        disk.Mount();
        await using (var again = await EdgeServeProcess.StartAsync(start))
        {
            await again.Client.DrainedAsync();
            Assert.Equal(promised.Order(), (await again.Client.AllJobsAsync()).Keys.Order());
            foreach (string id in promised)
                Assert.Equal("succeeded", await again.Client.StateAsync(id));
            await again.KillAsync();
        }

        FaultSheet.Add("disk turns read-only", "ext4, emergency read-only, then mounted again", $"{promised.Count} acknowledged, 0 lost; 503 with reason and hint, infer answered");
    }

    [Fact]
    public async Task A_disk_that_can_be_written_again_is_used_again()
    {
        Assert.SkipUnless(Strace.IsInstalled, "strace is not installed");
        using var models = new ModelFolder().AddShipped("breast-cancer").AddShipped("face-detection");
        await using var server = await EdgeServeProcess.StartAsync(models.Path);
        await server.Client.HealedAsync();
        string before = await server.Client.AcceptedAsync(JobSample.Small);
        await using (await Strace.AttachAsync(server.ProcessId, "-e", "trace=pwrite64,ftruncate,fallocate,unlink,rename", "-e", "inject=pwrite64,ftruncate,fallocate,unlink,rename:error=EROFS", "-o", "/dev/null"))
            await AssertRefusesAsync(server);
        await server.Client.HealedAsync();
        string after = await server.Client.AcceptedAsync(JobSample.Small);
        Assert.Equal("succeeded", await server.Client.StateAsync(before));
        Assert.Equal("succeeded", await server.Client.StateAsync(after));
        FaultSheet.Add("disk turns read-only", "every write fails with EROFS, then none does", "503 with reason and hint, infer answered; healed without restart");
    }

    private static async Task AssertRefusesAsync(EdgeServeProcess server)
    {
        foreach (var sample in new[] { JobSample.Small, JobSample.Large, JobSample.Small })
        {
            var answer = await server.Client.SubmitAsync(sample);
            Assert.True(answer.Status == 503, answer.Status + answer.Text);
            Assert.NotEmpty(answer.Json.GetProperty("error").GetString()!);
            Assert.NotEmpty(answer.Json.GetProperty("hint").GetString()!);
        }

        Assert.NotNull(await server.Client.ProblemAsync());
        Assert.Matches(@"(?m)^edgeserve_degraded\{[^}]*\} 1$", (await server.Client.GetAnswerAsync("/metrics")).Text);
        Assert.Equal(200, (await server.Client.InferAsync(JobSample.Small)).Status);
        Assert.Equal(200, (await server.Client.GetAnswerAsync("/v2/health/ready")).Status);
    }
}
