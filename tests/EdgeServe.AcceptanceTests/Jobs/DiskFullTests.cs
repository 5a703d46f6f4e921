using System.Globalization;
using System.Net;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Jobs;

/// <summary>No room, at many sizes: jobs are refused with the reason, serving goes on, room is all it takes to heal.</summary>
[Trait("length", "long")]
public sealed class DiskFullTests
{
    private const int KiB = 1 << 10;
    private const int MostJobs = 300;
    private const int LargeOneIn = 4;
    private const int BusyTurns = 5_000_000;

    public static TheoryData<int, int> Sizes
    {
        get
        {
            // KiB of disk, KiB of ballast and reserve: the database's log alone may need eight MiB of it.
            var data = new TheoryData<int, int>();
            foreach (int size in FaultSettings.Every ? [64, 128, 256, 384, 512, 640, 768, 1024, 1280, 1536, 2048, 3072, 4096, 5120, 6144, 8192, 12288, 16384] : new[] { 64, 512, 2048 })
                data.Add(size, 0);
            foreach (int size in FaultSettings.Every ? [32768, 36864, 40960, 49152] : new[] { 32768 })
                data.Add(size, 10240);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task On_a_full_disk_jobs_are_refused_and_everything_else_goes_on(int diskKiB, int reserveKiB)
    {
        Assert.SkipUnless(SmallDisk.Unavailable is null, SmallDisk.Unavailable ?? "");
        using var models = new ModelFolder().AddShipped("breast-cancer").AddShipped("face-detection");
        using var disk = SmallDisk.InMemory(diskKiB * KiB);
        var start = Start(models, disk, reserveKiB * KiB);
        var promised = new Dictionary<string, string>();
        await using (var server = await EdgeServeProcess.StartAsync(start))
        {
            int number = 0;
            bool refused = false;
            // Full again and again, at whatever moment jobs have got to.
            for (int round = 0; round < 3; round++)
            {
                refused |= await SubmitAsync(server, promised, MostJobs / 10, () => number++);
                disk.Fill();
                refused |= await SubmitAsync(server, promised, MostJobs, () => number++);
                await AssertServesAsync(server);
                disk.MakeRoom();
                await server.Client.GetAnswerAsync("/edge/v1/status");
            }

            Assert.True(refused, "the disk was never full");
            if (reserveKiB > 0)
                await HealAsync(server, promised);
            await server.KillAsync();
        }

        await AssertKeptAsync(start, promised);
        FaultSheet.Add("full disk", $"tmpfs of {diskKiB} KiB, reserve and ballast {reserveKiB} KiB each, filled three times", $"{promised.Count} acknowledged, 0 lost; infer answered throughout");
    }

    [Fact]
    public async Task A_full_disk_shows_and_heals_and_jobs_end_by_the_ballast()
    {
        Assert.SkipUnless(SmallDisk.Unavailable is null, SmallDisk.Unavailable ?? "");
        using var models = ModelFolder.Standard().AddShipped("face-detection");
        using var disk = SmallDisk.InMemory(24 << 20);
        var promised = new Dictionary<string, string>();
        await using var server = await EdgeServeProcess.StartAsync(Start(models, disk, 2 << 20));
        await server.Client.HealedAsync();
        string slow = await server.Client.AcceptedAsync(JobSample.Slow(300_000));
        int number = 0;
        Assert.False(await SubmitAsync(server, promised, 20, () => number++));
        disk.Fill();
        await JobRequests.UntilAsync(async () => await server.Client.ProblemAsync() == "StorageFull", "the status says nothing of the full disk");
        Assert.Matches(@"(?m)^edgeserve_degraded\{[^}]*reason=""StorageFull""[^}]*\} 1$", (await server.Client.GetAnswerAsync("/metrics")).Text);
        Assert.True(await SubmitAsync(server, promised, 1, () => number++));
        await AssertServesAsync(server);
        // What was accepted ends although there is no room.
        Assert.Equal("succeeded", await server.Client.StateAsync(slow));
        await server.Client.DrainedAsync();
        foreach (string id in promised.Values)
            Assert.Equal("succeeded", await server.Client.StateAsync(id));
        disk.MakeRoom();
        await server.Client.HealedAsync();
        Assert.False(await SubmitAsync(server, promised, 2, () => number++));
        FaultSheet.Add("full disk", "jobs waiting when it filled up", $"{promised.Count + 1} ended by the ballast; 507 with Retry-After, status and metric say StorageFull; healed without restart");
    }

    [Fact]
    public async Task Jobs_that_filled_the_disk_make_room_when_they_are_forgotten()
    {
        Assert.SkipUnless(SmallDisk.Unavailable is null, SmallDisk.Unavailable ?? "");
        using var models = ModelFolder.Standard();
        using var disk = SmallDisk.InMemory(48 << 20);
        await using var server = await EdgeServeProcess.StartAsync(Start(models, disk, 10 << 20));
        // The one worker is busy with it: those behind it wait, and what waits keeps its request.
        string slow = await server.Client.AcceptedAsync(JobSample.Slow(BusyTurns));
        // Spaces are JSON: small enough for the database, large enough to fill it soon.
        var padded = JobSample.Small with { Body = [.. JobSample.Small.Body, .. Enumerable.Repeat((byte)' ', 20 * KiB)] };
        var taken = new List<string>();
        Requests.Answer answer;
        while ((answer = await server.Client.SubmitAsync(padded)).Status == 202)
        {
            taken.Add(answer.Json.GetProperty("id").GetString()!);
            Assert.True(taken.Count < 48 * KiB / 20, "the disk is never full");
        }

        Assert.Equal(507, answer.Status);
        await DeleteAsync(server, slow);
        await server.Client.DrainedAsync();
        foreach (string id in taken)
            await DeleteAsync(server, id);

        await server.Client.HealedAsync();
        Assert.Equal(202, (await server.Client.SubmitAsync(padded)).Status);
        FaultSheet.Add("full disk", "filled by jobs alone", $"{taken.Count} taken, then 507; taken again once they were forgotten");
    }

    private static ServerStart Start(ModelFolder models, SmallDisk disk, long reserve) => new(models.Path)
    {
        Data = disk.Data,
        Environment = new Dictionary<string, string?>
        {
            ["EDGESERVE__Jobs__Parallelism"] = "1",
            ["EDGESERVE__Storage__ReserveBytes"] = reserve.ToString(CultureInfo.InvariantCulture),
            ["EDGESERVE__Storage__BallastBytes"] = reserve.ToString(CultureInfo.InvariantCulture),
        },
    };

    /// <returns>Was one refused?</returns>
    private static async Task<bool> SubmitAsync(EdgeServeProcess server, Dictionary<string, string> promised, int most, Func<int> next)
    {
        for (int i = 0; i < most; i++)
        {
            int number = next();
            string key = number.ToString(CultureInfo.InvariantCulture);
            var answer = await server.Client.SubmitAsync(Sample(number), key);
            if (answer.Status != 202)
            {
                Assert.True(answer.Status is 507 or 503, answer.Status + answer.Text + server.Output);
                Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero, "no Retry-After");
                Assert.NotEmpty(answer.Json.GetProperty("hint").GetString()!);
                return true;
            }

            promised[key] = answer.Json.GetProperty("id").GetString()!;
        }

        return false;
    }

    /// <summary>On a disk as small as this the jobs themselves may fill it: their owner cancels and forgets some until there is room.</summary>
    private static async Task HealAsync(EdgeServeProcess server, Dictionary<string, string> promised)
    {
        foreach (var (key, id) in promised.ToArray())
        {
            if (await server.Client.ProblemAsync() is null)
                return;
            promised.Remove(key);
            await DeleteAsync(server, id);
        }

        await server.Client.HealedAsync();
    }

    /// <summary>Cancels it if it is not done, forgets it then; retries as it is told to while the disk has just been full.</summary>
    private static Task DeleteAsync(EdgeServeProcess server, string id) => JobRequests.UntilAsync(
        async () =>
        {
            using var answer = await server.Client.DeleteAsync($"/edge/v1/jobs/{id}", TestContext.Current.CancellationToken);
            Assert.True(answer.IsSuccessStatusCode || answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.InsufficientStorage, $"{answer.StatusCode}");
            return answer.StatusCode == HttpStatusCode.NoContent;
        },
        "no job can be forgotten");

    private static JobSample Sample(int number) => number % LargeOneIn == 0 ? JobSample.Large : JobSample.Small;

    private static async Task AssertServesAsync(EdgeServeProcess server)
    {
        Assert.Equal(200, (await server.Client.InferAsync(JobSample.Small)).Status);
        Assert.Equal(200, (await server.Client.InferAsync(JobSample.Large)).Status);
        Assert.Equal(200, (await server.Client.GetAnswerAsync("/v2/health/ready")).Status);
    }

    private static async Task AssertKeptAsync(ServerStart start, Dictionary<string, string> promised)
    {
        if (promised.Count == 0)
            return;
        await using var again = await EdgeServeProcess.StartAsync(start);
        // Trouble of the kind that is left may be that there is still no room for more.
        await JobRequests.UntilAsync(async () => await again.Client.ProblemAsync() is null or "StorageFull", "it does not open");
        var kept = await again.Client.AllJobsAsync();
        Assert.DoesNotContain(promised.Values, id => !kept.ContainsKey(id));
        foreach (var (key, id) in promised)
        {
            var answer = await again.Client.SubmitAsync(Sample(int.Parse(key, CultureInfo.InvariantCulture)), key);
            if (answer.Status == 202)
                Assert.Equal(id, answer.Json.GetProperty("id").GetString());
        }
    }
}
