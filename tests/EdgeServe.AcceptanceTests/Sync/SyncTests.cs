using System.Net.Http.Json;
using System.Text.Json;
using EdgeServe.AcceptanceTests.Jobs;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.TestCollector;

namespace EdgeServe.AcceptanceTests.Sync;

/// <summary>The real program and a collector over real sockets: what it measured arrives, once, whatever happens in between.</summary>
public sealed class SyncTests
{
    private const int LongestLifeMs = 700;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_collector_the_program_opens_no_connection_at_all()
    {
        string trace = Path.GetTempFileName();
        using var models = new ModelFolder().AddShipped("breast-cancer");
        using var data = new DataFolder();
        var start = new ServerStart(models.Path)
        {
            Data = data.Path,
            Environment = new Dictionary<string, string?> { ["EDGESERVE__Telemetry__CommitSeconds"] = "1", ["EDGESERVE__Updates__MediaDirectory"] = "" },
        };
        await using (var server = await EdgeServeProcess.StartAsync(start))
        {
            await using var strace = await Strace.AttachAsync(server.ProcessId, "-e", "trace=connect", "-o", trace);
            Assert.Equal(200, (await server.Client.InferAsync("breast-cancer", Requests.BreastCancer)).Status);
            await WaitingAsync(server);
            Assert.Equal("not_configured", (await SyncAsync(server, "now")).GetProperty("reason").GetString());
            // The end is an export as well: of metrics too.
            await server.StopAsync();
        }

        Assert.DoesNotContain(File.ReadLines(trace), l => l.Contains("connect(", StringComparison.Ordinal) && l.Contains("sa_family=AF_INET", StringComparison.Ordinal));
        Assert.True(new FileInfo(Path.Combine(data.Path, "outbox.db")).Length > 0);
        File.Delete(trace);
    }

    public static TheoryData<string, string> Misbehaviours { get; } = new()
    {
        { "page", "captive_portal" },
        { "redirect", "captive_portal" },
        { "511", "captive_portal" },
        { "nothing", "captive_portal" },
        { "401", "unauthorized" },
        { "404", "wrong_endpoint" },
        { "503", "busy" },
        { "dies mid-body", "breaks_off" },
        { "cut answer", "breaks_off" },
    };

    [Theory]
    [MemberData(nameof(Misbehaviours))]
    public async Task A_collector_that_misbehaves_is_named_and_costs_nothing(string misbehaviour, string reason)
    {
        await using var box = await SyncedBox.StartAsync(misbehaviour switch
        {
            "page" => Answers.PortalPage,
            "redirect" => Answers.PortalRedirect,
            "511" => Answers.Portal511,
            "nothing" => Answers.PortalEmpty,
            "401" => Answers.Status(401),
            "404" => Answers.Status(404),
            "503" => Answers.Status(503, "Fri, 01 Mar 2097 08:00:00 GMT"),
            "dies mid-body" => Answers.DieMidBody,
            _ => Answers.CutAnswer,
        });
        await box.InferAsync();
        await WaitingAsync(box.Process);
        var sync = await SyncAsync(box.Process, "now");
        Assert.Equal(reason, sync.GetProperty("reason").GetString());
        Assert.True(sync.GetProperty("classes").EnumerateArray().Sum(c => c.GetProperty("waiting").GetInt64()) > 0);
        Assert.All(sync.GetProperty("classes").EnumerateArray(), c => Assert.Equal(0, c.GetProperty("dropped_items").GetInt64()));
        await box.RestartAsync();
        box.Collector.Answer = Answers.Accept;
        await SyncAsync(box.Process, "now");
        await box.Collector.Ledger.WaitAsync(l => l.Kept.Any(e => e.Logs.Any()), Patience, Stop);
        Assert.Empty(box.Collector.Ledger.Gaps());
        Assert.Empty(box.Collector.Ledger.Invalid);
    }

    [Fact]
    public async Task Killed_again_and_again_while_it_sends_no_batch_is_lost()
    {
        await using var box = await SyncedBox.StartAsync(Answers.Accept);
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int i = 0; i < FaultSettings.Kills; i++)
        {
            box.Collector.Answer = i % 3 == 1 ? Answers.CutAnswer : Answers.Accept;
            await box.InferAsync();
            await Task.Delay(random.Next(LongestLifeMs), Stop);
            await box.Process.KillAsync();
            await box.StartAsync();
        }

        box.Collector.Answer = Answers.Accept;
        await box.InferAsync();
        await box.Process.StopAsync();
        await box.StartAsync();
        await SyncAsync(box.Process, "now");
        Assert.Empty(box.Collector.Ledger.Gaps());
        Assert.Empty(box.Collector.Ledger.Invalid);
        Assert.Single(box.Collector.Ledger.Kept.Select(e => (e.Id.Device, e.Id.Epoch)).Distinct());
        Assert.Contains(box.Collector.Ledger.Kept, e => e.Metrics.Any());
    }

    [Fact]
    public async Task A_hold_holds_over_a_restart_and_the_command_line_says_so()
    {
        await using var box = await SyncedBox.StartAsync(Answers.Accept);
        var (code, output, _) = await box.VerbAsync("sync", "hold");
        Assert.Equal(0, code);
        Assert.Contains("held", output, StringComparison.Ordinal);
        // What was under way when it was held may still have left.
        await box.RestartAsync();
        int before = box.Collector.Requests;
        await box.InferAsync();
        await WaitingAsync(box.Process);
        (code, output, _) = await box.VerbAsync("sync", "now");
        Assert.Equal((1, before), (code, box.Collector.Requests));
        Assert.Contains("operator", output, StringComparison.Ordinal);
        Assert.Equal(0, (await box.VerbAsync("sync", "resume")).ExitCode);
        await box.Collector.Ledger.WaitAsync(_ => box.Collector.Requests > before, Patience, Stop);
        Assert.Equal(0, (await box.VerbAsync("sync", "status", "--json")).ExitCode);
    }

    private static async Task WaitingAsync(EdgeServeProcess server)
    {
        while ((await SyncAsync(server)).GetProperty("classes").EnumerateArray().Sum(c => c.GetProperty("waiting").GetInt64()) == 0)
            await Task.Delay(50, Stop);
    }

    private static async Task<JsonElement> SyncAsync(EdgeServeProcess server, string? action = null)
    {
        if (action is null)
            return await server.Client.GetFromJsonAsync<JsonElement>("/edge/v1/sync", Stop);
        using var response = await server.Client.PostAsync($"/edge/v1/sync/{action}", null, Stop);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>(Stop);
    }
}
