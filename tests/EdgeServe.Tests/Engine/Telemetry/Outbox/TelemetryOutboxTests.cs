using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.TestCollector;
using EdgeServe.Tests.Engine.Storage;

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
}
