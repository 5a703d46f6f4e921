using EdgeServe.AcceptanceTests.Jobs;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Telemetry;

/// <summary>Telemetry on a disk without room: it waits or is declared, requests do not notice.</summary>
public sealed class OutboxDiskTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task On_a_full_disk_requests_are_answered_and_afterwards_no_number_is_missing()
    {
        Assert.SkipUnless(SmallDisk.Unavailable is null, SmallDisk.Unavailable ?? "");
        using var models = new ModelFolder().AddShipped("breast-cancer");
        using var disk = SmallDisk.InMemory(24 << 20);
        await using (var server = await EdgeServeProcess.StartAsync(new ServerStart(models.Path)
        {
            Data = disk.Data,
            Environment = new Dictionary<string, string?>
            {
                ["EDGESERVE__Telemetry__CommitSeconds"] = "1",
                ["EDGESERVE__Telemetry__RecordsPerMinute"] = "60000",
                ["EDGESERVE__Storage__BallastBytes"] = "1048576",
                ["EDGESERVE__Storage__ReserveBytes"] = "1048576",
            },
        }))
        {
            await server.Client.InferredAsync();
            long before = await server.StoredAsync("record", 1);
            disk.Fill();
            await JobRequests.UntilAsync(
                async () =>
                {
                    await server.Client.InferredAsync();
                    return await server.Client.ProblemAsync() == "StorageFull";
                },
                "the status says nothing of the full disk");
            for (int i = 0; i < 500; i++)
                await server.Client.InferredAsync();
            Assert.Equal(System.Net.HttpStatusCode.OK, (await server.Client.GetAsync("/v2/health/ready", Stop)).StatusCode);

            disk.MakeRoom();
            await server.Client.HealedAsync();
            await server.Client.InferredAsync();
            await server.StoredAsync("record", before + 1);
            await server.KillAsync();
        }

        await using var stored = await StoredTelemetry.OpenAsync(disk.Data);
        var received = stored.Received();
        Assert.Equal(0, received.Duplicates);
        Assert.Empty(received.Gaps());
        Assert.Empty(received.Invalid);
    }
}
