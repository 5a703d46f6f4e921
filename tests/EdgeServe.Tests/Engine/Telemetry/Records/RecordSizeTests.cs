using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.Engine.Telemetry.Records;
using EdgeServe.TestCollector;
using EdgeServe.Tests.Engine.Inference;
using EdgeServe.Tests.Engine.Storage;
using EdgeServe.Tests.Engine.Telemetry.Outbox;

namespace EdgeServe.Tests.Engine.Telemetry.Records;

public sealed class RecordSizeTests
{
    [Fact]
    public async Task Ten_thousand_records_take_less_than_one_and_a_half_megabytes_of_the_outbox()
    {
        using var folder = new TempFolder();
        await using var box = new OutboxBox(folder.Path);
        using var pool = new TensorMemoryPool();
        using var spans = new RecordSpans(0);
        var model = StubModel.Create(pool, TensorType.Fp32);
        var writer = new InferenceRecords(box.Clock, TimeProvider.System, spans);
        var logs = new OtlpLogs();
        var random = new Random(3);
        var noted = new RunRecord[20];
        // A take of twenty is what a busy default box has: two a second.
        for (int i = 0; i < 10_000; i += noted.Length)
        {
            for (int r = 0; r < noted.Length; r++)
            {
                noted[r] = new RunRecord
                {
                    Model = model,
                    At = TimeProvider.System.GetTimestamp() - random.NextInt64(10_000_000_000),
                    QueueNanoseconds = random.NextInt64(50_000_000),
                    ComputeNanoseconds = random.NextInt64(20_000_000, 90_000_000),
                    Rows = 1,
                    Answer = random.Next(10),
                    Confidence = random.NextDouble(),
                };
            }

            logs.Begin(RecordNames.Scope);
            writer.Write(noted, logs);
            int items = logs.Count;
            box.Outbox.Add(TelemetryClass.Record, OtlpSignal.Logs, items, logs.End());
            await box.Outbox.FlushAsync();
        }

        Assert.Equal(10_000, box.Outbox.Totals[TelemetryClass.Record].Items);
        await box.RestartAsync();
        long bytes = new FileInfo(box.Data.Outbox).Length;
        TestContext.Current.TestOutputHelper?.WriteLine($"{box.Outbox.Totals.Bytes} bytes of payloads, {bytes} of database");
        Assert.InRange(bytes, 100_000, 1_500_000);
        var record = box.Decode(box.All[0]).Logs.First();
        Assert.Equal("edgeserve.inference", record.EventName);
        Assert.Equal("stub", Export.Text(record.Attributes, "edgeserve.model.name"));
        Assert.Equal("ok", Export.Text(record.Attributes, "edgeserve.outcome"));
        Assert.NotEqual("", Export.Text(record.Attributes, "edgeserve.confidence"));
    }
}
