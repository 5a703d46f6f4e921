using System.Diagnostics;
using EdgeServe.AcceptanceTests.Jobs;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.TestCollector;

namespace EdgeServe.AcceptanceTests.Telemetry;

/// <summary>kill -9 at any moment: what was committed is there afterwards, once, and its numbers leave no gap.</summary>
public sealed class OutboxKillTests
{
    private const int LongestLifeMs = 1500;
    private const int Kills = 5;

    [Fact]
    public async Task Killed_again_and_again_while_it_records_nothing_committed_is_lost_and_no_number_is_missing()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        using var data = new DataFolder();
        var start = new ServerStart(models.Path)
        {
            Data = data.Path,
            Environment = new Dictionary<string, string?> { ["EDGESERVE__Telemetry__CommitSeconds"] = "1", ["EDGESERVE__Telemetry__RecordsPerMinute"] = "60000" },
        };
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        var committed = new HashSet<BatchId>();
        long records = 0, seen = 0;
        for (int i = 0; i < Kills; i++)
        {
            await using (var server = EdgeServeProcess.Launch(start))
            {
                await server.WaitAsync("/v2/health/ready");
                await server.Client.InferredAsync();
                await server.StoredAsync("record", seen + 1);
                var watch = Stopwatch.StartNew();
                int life = random.Next(LongestLifeMs);
                while (watch.ElapsedMilliseconds < life)
                    await server.Client.InferredAsync();
                seen = await server.StoredAsync("record", 1);
                await server.KillAsync();
            }

            await using var stored = await StoredTelemetry.OpenAsync(data.Path);
            var received = stored.Received();
            Assert.Equal(0, received.Duplicates);
            Assert.Empty(received.Gaps());
            // What the service itself said to be on the disk is on the disk.
            Assert.True(stored.Batches.Count(b => b.Class == EdgeServe.Engine.Telemetry.Outbox.TelemetryClass.Record) >= seen);
            var now = received.Kept.Select(e => e.Id).ToHashSet();
            Assert.Subset(now, committed);
            committed = now;
            records = received.Kept.SelectMany(e => e.Logs).LongCount(l => l.EventName == "edgeserve.inference");
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}: {committed.Count} batches, {records} inference records after {Kills} kills");
        Assert.True(records > 0 && committed.Count >= Kills);
        FaultSheet.Add("`kill -9` while telemetry is recorded", $"{Kills} kills (seed {seed})", $"{committed.Count} batches, 0 lost, 0 twice, 0 gaps");
    }
}
