using EdgeServe.AcceptanceTests.Running;
using EdgeServe.TestModels;

namespace EdgeServe.AcceptanceTests.Jobs;

/// <summary>The wall clock shows anything: nothing expires or is forgotten because of it.</summary>
[Trait("length", "long")]
public sealed class ClockTests
{
    private const string Library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
    private const string Beginning = "@1970-01-01 00:10:00";
    private const string TenYearsAhead = "+3650d";
    private const string SetBack = "-30d";
    private const int Jobs = 10;
    private const double AnHour = 3600;
    private static readonly TimeSpan UpkeepInterval = TimeSpan.FromSeconds(65);

    [Fact]
    public Task Jobs_wait_through_every_clock() => WaitThroughAsync(TimeSpan.Zero);

    /// <summary>Long enough for upkeep to forget something if it believed the clock.</summary>
    [Fact]
    public Task Results_are_kept_through_every_clock() => WaitThroughAsync(UpkeepInterval);

    private static async Task WaitThroughAsync(TimeSpan each)
    {
        Assert.SkipUnless(File.Exists(Library), "libfaketime is not installed");
        using var models = new ModelFolder().Add(JobSample.EchoModel, TestGraphs.Identity(OnnxType.Float))
            .Add("slow", TestGraphs.Slow(), definition: """{"max_batch_size":0,"instances":1}""");
        using var data = new DataFolder();
        string clock = Path.Combine(models.Path, ".clock");
        var start = new ServerStart(models.Path)
        {
            Data = data.Path,
            Environment = new Dictionary<string, string?>
            {
                ["LD_PRELOAD"] = Library,
                ["FAKETIME_TIMESTAMP_FILE"] = clock,
                ["FAKETIME_NO_CACHE"] = "1",
                ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
                // Or a wait until a moment of the monotonic clock ends at once, or never.
                ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0",
                ["EDGESERVE__Jobs__RetentionHours"] = "1",
            },
        };
        var promised = new List<string>();
        var qualities = new List<string>();
        string[] clocks = [Beginning, TenYearsAhead, SetBack, Beginning, "+0", TenYearsAhead, SetBack];
        // The clock jumps while the service runs, and again while it does not.
        foreach (string[] life in new[] { clocks[..4], clocks[4..] })
        {
            Set(clock, life[0]);
            await using var server = await EdgeServeProcess.StartAsync(start);
            await server.Client.HealedAsync();
            promised.Add(await server.Client.AcceptedAsync(JobSample.Slow(300_000), null, AnHour));
            foreach (string shown in life)
            {
                Set(clock, shown);
                for (int i = 0; i < Jobs; i++)
                    promised.Add(await server.Client.AcceptedAsync(JobSample.Echo(promised.Count), $"key {promised.Count}", AnHour));
                qualities.Add((await server.Client.StatusAsync()).GetProperty("clock").GetProperty("quality").GetString()!);
                await Task.Delay(each, TestContext.Current.CancellationToken);
            }

            await server.KillAsync();
        }

        Set(clock, Beginning);
        await using var last = await EdgeServeProcess.StartAsync(start);
        await last.Client.DrainedAsync();
        var kept = await last.Client.AllJobsAsync();
        Assert.Equal(promised.Order(), kept.Keys.Order());
        Assert.All(kept.Values, state => Assert.Equal("succeeded", state));
        Assert.Equal("unset", qualities[0]);
        Assert.DoesNotContain("unset", qualities[1]);
        FaultSheet.Add("wall clock at 1970, ten years ahead, stepping back", $"{clocks.Length} clocks over 3 starts{(each > TimeSpan.Zero ? ", upkeep in each" : "")}",
            $"{promised.Count} acknowledged, 0 lost, 0 expired, 0 forgotten");
    }

    /// <summary>A reader sees the old time or the new.</summary>
    private static void Set(string file, string time)
    {
        File.WriteAllText(file + ".new", time + "\n");
        File.Move(file + ".new", file, overwrite: true);
    }
}
