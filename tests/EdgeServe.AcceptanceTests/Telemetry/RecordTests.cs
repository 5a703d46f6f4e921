using EdgeServe.AcceptanceTests.Jobs;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.TestCollector;

namespace EdgeServe.AcceptanceTests.Telemetry;

/// <summary>What the real service leaves in its outbox.</summary>
public sealed class RecordTests
{
    private const string TellsItsAnswer = """{"max_batch_size":64,"answer":{"labels":{"probabilities":"labels.txt"}},"telemetry":{"answer":"probabilities"}}""";

    [Fact]
    public async Task Every_request_is_told_once_in_full_or_in_a_count_and_never_its_input()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        File.WriteAllText(Path.Combine(models.Path, "breast-cancer", "1", "model.json"), TellsItsAnswer);
        using var data = new DataFolder();
        const int Good = 40;
        const int Bad = 3;
        const int Takes = 4;
        await using (var server = await EdgeServeProcess.StartAsync(Start(models, data, recordsPerMinute: 10)))
        {
            // Over several takes of what was noted, so that budgets are handed on.
            for (int take = 1; take <= Takes; take++)
            {
                for (int i = 0; i < Good / Takes; i++)
                    await server.Client.InferredAsync();
                await server.StoredAsync("record", take);
            }

            for (int i = 0; i < Bad; i++)
                await server.Client.RefusedAsync();
            Assert.Equal(0, await server.StopAsync());
        }

        await using var stored = await StoredTelemetry.OpenAsync(data.Path);
        var received = stored.Received();
        Assert.Empty(received.Gaps());
        var logs = received.Kept.SelectMany(e => e.Logs).ToList();
        var full = logs.FindAll(l => l.EventName == "edgeserve.inference");
        Assert.InRange(full.Count, 10, 20);
        Assert.All(full, l =>
        {
            Assert.Equal(64, Export.Text(l.Attributes, "edgeserve.model.digest").Length);
            Assert.Equal("malignant", Export.Text(l.Attributes, "edgeserve.answer"));
            Assert.NotEqual("", Export.Text(l.Attributes, "edgeserve.clock.device_ms"));
        });
        long Told(string outcome) => logs.Where(l => l.EventName == "edgeserve.inference.summary" && Export.Text(l.Attributes, "edgeserve.outcome") == outcome)
            .Sum(l => Export.Number(l.Attributes, "edgeserve.count"));
        Assert.Equal(Good, full.Count(l => Export.Text(l.Attributes, "edgeserve.outcome") == "ok") + Told("ok"));
        Assert.Equal(Bad, full.Count(l => Export.Text(l.Attributes, "edgeserve.outcome") != "ok") + Told("InvalidArgument"));
        Assert.Contains(received.Kept, e => e.Metrics.Any(m => m.Name == "edgeserve_requests_success_total"));
        Assert.Contains(received.Kept, e => e.Spans.Any(s => s.Name == "infer"));
        Assert.All(received.Kept, e => Assert.DoesNotContain("13,14,15", System.Text.Encoding.UTF8.GetString(e.Protobuf), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Jobs_become_records_and_the_start_of_the_service_a_log()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        using var data = new DataFolder();
        await using (var server = await EdgeServeProcess.StartAsync(Start(models, data)))
        {
            await server.Client.AcceptedAsync(JobSample.Small, null);
            await server.Client.DrainedAsync();
            Assert.Equal(0, await server.StopAsync());
        }

        await using var stored = await StoredTelemetry.OpenAsync(data.Path);
        var logs = stored.Received().Kept.SelectMany(e => e.Logs).ToList();
        var job = Assert.Single(logs, l => l.EventName == "edgeserve.job");
        Assert.Equal(("ok", "breast-cancer", 1), (Export.Text(job.Attributes, "edgeserve.outcome"), Export.Text(job.Attributes, "edgeserve.model.name"), Export.Number(job.Attributes, "edgeserve.model.version")));
        Assert.Contains(logs, l => Export.Number(l.Attributes, "edgeserve.event.id") == 4001);
    }

    [Fact]
    public async Task Switched_off_nothing_of_it_is_there()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        using var data = new DataFolder();
        await using var server = await EdgeServeProcess.StartAsync(new ServerStart(models.Path)
        {
            Data = data.Path,
            Environment = new Dictionary<string, string?> { ["EDGESERVE__Telemetry__Enabled"] = "false" },
        });
        await server.Client.InferredAsync();
        Assert.Equal(0, await server.StopAsync());
        Assert.False(File.Exists(Path.Combine(data.Path, "outbox.db")));
    }

    private static ServerStart Start(ModelFolder models, DataFolder data, int recordsPerMinute = 120) => new(models.Path)
    {
        Data = data.Path,
        Environment = new Dictionary<string, string?>
        {
            ["EDGESERVE__Telemetry__RecordsPerMinute"] = recordsPerMinute.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["EDGESERVE__Telemetry__TraceOneIn"] = "1",
            ["EDGESERVE__Telemetry__CommitSeconds"] = "1",
        },
    };
}
