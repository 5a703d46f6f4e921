using System.Diagnostics;
using System.Globalization;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Jobs;

/// <summary>SIGTERM under load, and a second process that wants the same data.</summary>
public sealed class StopTests
{
    private const int Clients = 8;
    private const int LargeOneIn = 10;
    private const int Promises = 100;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Told_to_stop_under_load_it_ends_in_time_and_keeps_what_it_promised()
    {
        using var models = ModelFolder.Standard().AddShipped("face-detection");
        using var data = new DataFolder();
        var start = new ServerStart(models.Path) { Data = data.Path };
        await using var clients = new RetryingClients(Clients, n => n % LargeOneIn == 0 ? JobSample.Large : JobSample.Small);
        TimeSpan took;
        await using (var server = await EdgeServeProcess.StartAsync(start))
        {
            clients.Use(server);
            string waiting = await server.Client.AcceptedAsync(JobSample.Slow(1_000_000));
            var poll = server.Client.StateAsync(waiting, "50s");
            using var events = await server.Client.GetAsync("/edge/v1/jobs/events", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            await using var stream = await events.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            await JobRequests.UntilAsync(() => Task.FromResult(clients.Acknowledged.Count >= Promises), "the clients get nothing done");
            var watch = Stopwatch.StartNew();
            Assert.Equal(0, await server.StopAsync());
            took = watch.Elapsed;
            // Both were let go of, not cut: the poll has an answer, the stream an end.
            Assert.Contains(await poll, new[] { "queued", "running", "succeeded" });
            await stream.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
        }

        Assert.InRange(took, TimeSpan.Zero, Limit);
        await using var again = await EdgeServeProcess.StartAsync(start);
        clients.Use(again);
        await clients.FinishAsync();
        var audit = await clients.AuditAsync(again.Client, others: 1);
        FaultSheet.Add("SIGTERM under 8 clients, a long poll and an event stream", $"ended with 0 in {took.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture)} s", audit.ToString());
        audit.AssertKept();
    }

    [Fact]
    public async Task A_second_instance_on_the_same_data_is_refused_by_the_name_of_the_first()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        using var data = new DataFolder();
        await using var first = await EdgeServeProcess.StartAsync(new ServerStart(models.Path) { Data = data.Path });
        await first.Client.HealedAsync();
        var (exitCode, output, error) = await EdgeServeProcess.RunAsync(
            "serve", "--models", models.Path, "--data", data.Path, "--urls", $"http://127.0.0.1:{EdgeServeProcess.FreePort()}", "--grpc-urls", "");
        Assert.Equal(1, exitCode);
        Assert.Contains($"process {first.ProcessId}", output + error, StringComparison.Ordinal);
        await first.Client.AcceptedAsync(JobSample.Small);
        FaultSheet.Add("second instance on the same data directory", "started beside the first", "ended with 1 and named the first, which went on");
    }
}
