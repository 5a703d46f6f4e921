using System.Diagnostics;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Jobs;

/// <summary>kill -9 at any moment: what was acknowledged is there afterwards, once.</summary>
public sealed class KillTests
{
    private const int Clients = 8;
    private const int LargeOneIn = 10;
    private const int LongestLifeMs = 120;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Killed_again_and_again_under_load_nothing_acknowledged_is_lost_or_doubled()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer").AddShipped("face-detection");
        using var data = new DataFolder();
        var start = new ServerStart(models.Path)
        {
            Data = data.Path,
            Environment = new Dictionary<string, string?> { ["EDGESERVE__Jobs__MaxPending"] = "1000000", ["EDGESERVE__Jobs__MaxFinished"] = "1000000" },
        };
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        await using var clients = new RetryingClients(Clients, n => n % LargeOneIn == 0 ? JobSample.Large : JobSample.Small);
        var watch = Stopwatch.StartNew();
        for (int i = 0; i < FaultSettings.Kills; i++)
        {
            await using var server = EdgeServeProcess.Launch(start);
            await server.WaitAsync("/v2/health/live");
            var acknowledged = clients.NextAsync();
            clients.Use(server);
            // Every second life lasts until it promised something: on a busy machine the others end before they do.
            if (i % 2 == 1)
                await acknowledged.WaitAsync(Patience, TestContext.Current.CancellationToken);
            // Any moment will do; it is the point that it is not a chosen one.
            await Task.Delay(random.Next(LongestLifeMs), TestContext.Current.CancellationToken);
            clients.Pause();
            await server.KillAsync();
        }

        var took = watch.Elapsed;
        await using var last = await EdgeServeProcess.StartAsync(start);
        clients.Use(last);
        await clients.FinishAsync();
        var audit = await clients.AuditAsync(last.Client);
        FaultSheet.Add("`kill -9` at random moments under 8 clients", $"{FaultSettings.Kills} kills in {took.TotalSeconds:F0} s (seed {seed})", audit.ToString());
        TestContext.Current.TestOutputHelper?.WriteLine(last.Output);
        audit.AssertKept();
        Assert.True(audit.Acknowledged >= FaultSettings.Kills / 2, "too few jobs were acknowledged to say anything");
    }
}
