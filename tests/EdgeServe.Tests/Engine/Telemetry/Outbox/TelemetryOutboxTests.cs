using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.TestCollector;
using EdgeServe.Tests.Engine.Storage;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Engine.Telemetry.Outbox;

public sealed class TelemetryOutboxTests
{
    [Fact]
    public async Task Batches_come_most_important_first_and_oldest_first_inside_a_class()
    {
        using var folder = new TempFolder();
        await using var box = new OutboxBox(folder.Path);
        await box.StoreAsync("log 1");
        await box.StoreAsync("trace", TelemetryClass.Trace);
        await box.StoreAsync("log 2");
        await box.StoreAsync("alarm", TelemetryClass.Alarm);
        Assert.Equal(["alarm", "log 1", "log 2", "trace"], box.All.Select(b => box.Decode(b).Logs.Single().Body.StringValue));
        var first = box.Outbox.Pending(2, long.MaxValue);
        Assert.Equal(["log 2", "trace"], box.Outbox.Pending(9, long.MaxValue, first[^1]).Select(b => box.Decode(b).Logs.Single().Body.StringValue));
        Assert.Single(box.Outbox.Pending(9, 1));
    }

    [Fact]
    public async Task What_is_stored_together_is_one_batch_with_its_number_inside()
    {
        using var folder = new TempFolder();
        await using var box = new OutboxBox(folder.Path);
        box.Add("a");
        box.Add("b", records: 2);
        box.Add("c", TelemetryClass.Record);
        await box.Outbox.FlushAsync();
        var batches = box.All;
        Assert.Equal([(TelemetryClass.Record, 1, 1L), (TelemetryClass.Log, 3, 2L)], batches.Select(b => (b.Class, b.Items, b.Sequence)));
        var export = box.Decode(batches[1]);
        Assert.Equal(["a", "b", "b"], export.Logs.Select(l => l.Body.StringValue));
        Assert.Equal((1, 2, ""), (export.Id.Epoch, export.Id.Sequence, export.Id.Part));
        Assert.Equal("boot-1", export.Text("edgeserve.boot.id"));
        Assert.Equal(batches[1].Moment.DeviceMs.ToString(System.Globalization.CultureInfo.InvariantCulture), export.Text("edgeserve.clock.device_ms"));
    }

    [Fact]
    public async Task Numbers_go_on_after_a_restart_even_when_everything_was_acknowledged()
    {
        using var folder = new TempFolder();
        await using var box = new OutboxBox(folder.Path);
        await box.StoreAsync("a");
        await box.Outbox.AcknowledgeAsync(box.All, AcknowledgedBy.Collector);
        Assert.Empty(box.All);
        await box.RestartAsync();
        await box.StoreAsync("b");
        Assert.Equal((1L, 2L), box.All.Select(b => (b.Epoch, b.Sequence)).Single());
        Assert.Equal(1, box.Outbox.Totals[TelemetryClass.Log].AcknowledgedItems);
    }

    [Fact]
    public async Task Ranges_acknowledge_every_class_and_unknown_numbers_do_no_harm()
    {
        using var folder = new TempFolder();
        await using var box = new OutboxBox(folder.Path);
        await box.StoreAsync("1");
        await box.StoreAsync("2", TelemetryClass.Trace);
        await box.StoreAsync("3", TelemetryClass.Alarm);
        await box.StoreAsync("4");
        await box.Outbox.AcknowledgeAsync([new BatchRange(1, 2, 3), new BatchRange(1, 50, long.MaxValue), new BatchRange(7, 1, 9)], AcknowledgedBy.Stick);
        Assert.Equal([1, 4], box.All.Select(b => b.Sequence));
        Assert.Equal(2, box.Outbox.Totals.Batches);
        Assert.Equal(1, box.Outbox.Totals[TelemetryClass.Alarm].AcknowledgedItems);
    }

    [Fact]
    public async Task Beyond_the_budget_the_least_important_oldest_go_and_a_tombstone_names_them()
    {
        using var folder = new TempFolder();
        await using var box = new OutboxBox(folder.Path, new OutboxOptions { MaxBytes = 20_000 });
        var random = new Random(1);
        await box.StoreAsync("alarm", TelemetryClass.Alarm);
        for (int i = 0; i < 40; i++)
            await box.StoreAsync(Noise(random), i % 2 == 0 ? TelemetryClass.Log : TelemetryClass.Trace);
        Assert.InRange(box.Outbox.Totals.Bytes, 1, 20_000);
        var received = box.Received();
        Assert.Empty(received.Gaps());
        Assert.Contains(received.Kept, e => e.Logs.Any(l => l.Body.StringValue == "alarm"));
        // Traces first, and of logs the newest stay.
        Assert.Equal(20, box.Outbox.Totals[TelemetryClass.Trace].DroppedItems + box.Outbox.Totals[TelemetryClass.Trace].Items);
        Assert.True(box.Outbox.Totals[TelemetryClass.Trace].DroppedItems > box.Outbox.Totals[TelemetryClass.Log].DroppedItems);
        Assert.Equal(box.Outbox.Totals[TelemetryClass.Trace].DroppedItems, Declared(received, "trace"));
    }

    [Fact]
    public async Task A_tombstone_that_goes_itself_is_declared_by_the_next()
    {
        using var folder = new TempFolder();
        await using var box = new OutboxBox(folder.Path, new OutboxOptions { MaxBytes = 6_000 });
        var random = new Random(2);
        for (int i = 0; i < 60; i++)
            await box.StoreAsync(Noise(random), TelemetryClass.Alarm);
        var received = box.Received();
        Assert.Empty(received.Gaps());
        Assert.InRange(box.Outbox.Totals.Bytes, 1, 6_000);
    }

    [Fact]
    public async Task What_finds_no_room_in_memory_is_counted_and_declared()
    {
        using var folder = new TempFolder();
        await using var box = new OutboxBox(folder.Path, new OutboxOptions { MaxWaitingBytes = 3_000 });
        for (int i = 0; i < 10; i++)
            box.Outbox.Add(TelemetryClass.Trace, OtlpSignal.Logs, 1, OutboxBox.Request(new string('x', 1000)));
        Assert.True(box.Outbox.Add(TelemetryClass.Alarm, OtlpSignal.Logs, 1, OutboxBox.Request("fire")));
        box.Outbox.CountDropped(TelemetryClass.Log, DropReason.Overflow, 7);
        await box.Outbox.FlushAsync();
        var totals = box.Outbox.Totals;
        Assert.Equal(10, totals[TelemetryClass.Trace].DroppedItems + totals[TelemetryClass.Trace].Items);
        Assert.InRange(totals[TelemetryClass.Trace].Items, 1, 2);
        Assert.Equal(7, Declared(box.Received(), "log"));
        Assert.Equal(totals[TelemetryClass.Trace].DroppedItems, Declared(box.Received(), "trace"));
    }

    [Fact]
    public async Task What_is_no_request_is_counted_and_the_rest_is_stored()
    {
        using var folder = new TempFolder();
        await using var box = new OutboxBox(folder.Path);
        box.Add("good");
        box.Outbox.Add(TelemetryClass.Log, OtlpSignal.Logs, 3, [0xFF, 0xFF, 0xFF]);
        await box.Outbox.FlushAsync();
        Assert.Equal(1, box.Outbox.Totals[TelemetryClass.Log].Items);
        Assert.Equal(3, Declared(box.Received(), "log"));
    }

    [Fact]
    public async Task A_split_batch_is_told_piece_by_piece_and_a_dead_letter_is_declared()
    {
        using var folder = new TempFolder();
        await using var box = new OutboxBox(folder.Path);
        await box.StoreAsync("batch", records: 3);
        var halves = await SplitAsync(box, box.All.Single());
        var quarters = await SplitAsync(box, halves[1]);
        Assert.Equal(["1/2", "2/2.1/2", "2/2.2/2"], box.All.Select(b => b.Part));
        Assert.Equal([0, 1, 2], box.All.Select(b => Export.Number(box.Decode(b).Logs.Single().Attributes, "number")));
        Assert.Equal(["1/2", "2/2.1/2", "2/2.2/2"], box.All.Select(b => box.Decode(b).Id.Part));
        await box.Outbox.DeadLetterAsync(quarters[0], "400");
        await box.Outbox.AcknowledgeAsync([halves[0]], AcknowledgedBy.Collector);
        var tombstone = Assert.Single(TestCollector.Tombstone.In(box.Received().Kept));
        Assert.Equal((1L, 1L, "2/2.1/2"), (tombstone.Epoch, tombstone.First, tombstone.Part));
        Assert.Equal("refused", Export.Text(box.Decode(box.All[0]).Logs.Single().Attributes, "edgeserve.drop.reason"));
        Assert.Equal(1, box.Outbox.Totals[TelemetryClass.Log].Items);
    }

    [Fact]
    public async Task A_payload_that_was_changed_on_the_disk_is_given_up_not_sent()
    {
        using var folder = new TempFolder();
        await using var box = new OutboxBox(folder.Path);
        await box.StoreAsync("good");
        await box.StoreAsync("bad");
        await box.RestartAsync(() => Sql(box, "UPDATE batches SET payload=x'00' WHERE sequence=2"));
        var batches = box.All;
        Assert.Null(box.Outbox.ReadPayload(batches[1]));
        Assert.NotNull(box.Outbox.ReadPayload(batches[0]));
        // The writer does things in order: what follows comes after.
        await box.Outbox.MarkSentAsync([batches[0]]);
        Assert.Equal([1, 1], [box.Outbox.Totals[TelemetryClass.Log].DroppedItems, box.Outbox.Totals[TelemetryClass.Log].SentBatches]);
        Assert.Empty(box.Received().Gaps());
    }

    [Fact]
    public async Task A_retry_state_outlives_the_process()
    {
        using var folder = new TempFolder();
        await using var box = new OutboxBox(folder.Path);
        var retry = new OutboxRetry("collector", 3, 1234, "boot-1");
        await box.Outbox.PutRetryAsync(retry);
        await box.RestartAsync();
        await box.Outbox.MarkSentAsync([]);
        Assert.Equal(retry, box.Outbox.Retry("collector"));
        await box.Outbox.ClearRetryAsync("collector");
        Assert.Null(box.Outbox.Retry("collector"));
    }

    [Fact]
    public async Task Nothing_is_written_before_its_time_and_alarms_do_not_wait()
    {
        using var folder = new TempFolder();
        var time = new FakeTimeProvider(new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var box = new OutboxBox(folder.Path, time: time);
        await box.Outbox.MarkSentAsync([]);
        var stored = new SemaphoreSlim(0);
        box.Outbox.Changed += () => stored.Release();
        box.Add("log");
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.Empty(box.All);
        box.Add("alarm", TelemetryClass.Alarm);
        time.Advance(TimeSpan.FromMilliseconds(300));
        Assert.True(await stored.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        Assert.Equal(2, box.All.Count);
    }

    private static string Noise(Random random) => string.Concat(Enumerable.Range(0, 60).Select(_ => random.NextInt64().ToString("x16", System.Globalization.CultureInfo.InvariantCulture)));

    private static long Declared(Ledger received, string kind) => received.Kept.SelectMany(e => e.Logs)
        .Where(l => l.EventName == TestCollector.Tombstone.Event && Export.Text(l.Attributes, "edgeserve.drop.class") == kind)
        .Sum(l => Export.Number(l.Attributes, "edgeserve.drop.items"));

    private static async Task<List<OutboxBatch>> SplitAsync(OutboxBox box, OutboxBatch batch)
    {
        var (first, second) = OtlpSplit.Halve(Gzip.Decompress(box.Outbox.ReadPayload(batch)!))!.Value;
        return await box.Outbox.SplitAsync(batch, [first, second]);
    }

    private static void Sql(OutboxBox box, string sql)
    {
        using var connection = Database.OpenWriter(box.Data.Outbox, OutboxStorage.Migrations);
        Database.Execute(connection, sql);
    }
}
