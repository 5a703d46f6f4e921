using System.Diagnostics;
using System.Diagnostics.Metrics;
using EdgeServe.Engine.Telemetry;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.TestCollector;
using EdgeServe.Tests.Engine.Storage;
using EdgeServe.Tests.Engine.Telemetry.Outbox;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace EdgeServe.Tests.Engine.Telemetry;

/// <summary>What the SDK serialises arrives whole and valid, by way of the handler that stores.</summary>
public sealed class SdkTests
{
    [Fact]
    public async Task Logs_go_the_way_of_their_class_and_carry_their_event_and_the_devices_time()
    {
        using var folder = new TempFolder();
        await using var box = new OutboxBox(folder.Path);
        using (var factory = LoggerFactory.Create(logging => logging.AddOpenTelemetry(o =>
        {
            o.IncludeFormattedMessage = true;
            o.AddProcessor(new LogRouter(Sink(box), box.Clock, TimeSpan.FromSeconds(30)));
        })))
        {
            var log = factory.CreateLogger("EdgeServe.Tests");
            log.Log(LogLevel.Information, new EventId(6001, "Installed"), "Release {Release} serves", 7);
            log.Log(LogLevel.Warning, new EventId(5030, "Failed"), "A job failed");
            log.Log(LogLevel.Information, new EventId(1001, "Loaded"), "A model is loaded");
        }

        await box.Outbox.FlushAsync();
        var received = box.All.ToDictionary(b => b.Class, b => box.Decode(b).Logs.Single());
        Assert.Equal("Release 7 serves", received[TelemetryClass.Alarm].Body.StringValue);
        Assert.Equal("7", Export.Text(received[TelemetryClass.Alarm].Attributes, "Release"));
        Assert.Equal("5030", Export.Text(received[TelemetryClass.Record].Attributes, "edgeserve.event.id"));
        Assert.InRange(Export.Number(received[TelemetryClass.Log].Attributes, "edgeserve.clock.device_ms"), 0, box.Clock.Now);
        Assert.Equal(3, received.Count);
    }

    [Fact]
    public async Task Ten_thousand_lines_at_once_are_stored_or_counted()
    {
        const int Lines = 10_000;
        using var folder = new TempFolder();
        await using var box = new OutboxBox(folder.Path);
        using (var factory = LoggerFactory.Create(logging => logging.AddOpenTelemetry(o => o.AddProcessor(new LogRouter(Sink(box), box.Clock, TimeSpan.FromSeconds(30))))))
        {
            var log = factory.CreateLogger("EdgeServe.Tests");
            Parallel.For(0, Lines, i => log.Log(LogLevel.Information, new EventId(1001), "Line {Number}", i));
        }

        await box.Outbox.FlushAsync();
        var totals = box.Outbox.Totals[TelemetryClass.Log];
        Assert.Equal(Lines, totals.Items + totals.DroppedItems);
        Assert.Equal(totals.Items, box.All.Where(b => b.Class == TelemetryClass.Log).Sum(b => box.Decode(b).Logs.Count()));
        Assert.True(totals.Items >= 2000);
    }

    [Fact]
    public async Task Metrics_and_traces_are_valid_and_stamped()
    {
        using var folder = new TempFolder();
        await using var box = new OutboxBox(folder.Path);
        using var meter = new Meter("EdgeServe.Tests.Sdk");
        using var source = new ActivitySource("EdgeServe.Tests.Sdk");
        using (var reader = new BaseExportingMetricReader(OtlpExporters.Metrics(Sink(box))))
        using (Sdk.CreateMeterProviderBuilder().AddMeter(meter.Name).AddReader(reader).Build())
        using (Sdk.CreateTracerProviderBuilder().AddSource(source.Name).AddProcessor(OtlpExporters.Traces(Sink(box), TimeSpan.FromSeconds(30))).Build())
        {
            meter.CreateHistogram<double>("duration").Record(0.5);
            source.StartActivity("span")!.Dispose();
        }

        await box.Outbox.FlushAsync();
        var metric = box.Decode(box.All.Single(b => b.Signal == OtlpSignal.Metrics));
        Assert.Equal(1u, metric.Metrics.Single().Histogram.DataPoints.Single().Count);
        Assert.Equal("edgeserve", metric.Text("service.name"));
        var trace = box.Decode(box.All.Single(b => b.Signal == OtlpSignal.Traces));
        Assert.Equal("span", trace.Spans.Single().Name);
        Assert.Equal(TelemetryClass.Trace, box.All.Single(b => b.Signal == OtlpSignal.Traces).Class);
    }

    [Fact]
    public async Task What_comes_before_the_outbox_is_declared_when_it_opens()
    {
        using var folder = new TempFolder();
        await using var box = new OutboxBox(folder.Path);
        var sink = new OtlpSink();
        sink.Add(TelemetryClass.Log, OtlpSignal.Logs, OutboxBox.Request("early", records: 4));
        sink.Attach(box.Outbox);
        await box.Outbox.FlushAsync();
        Assert.Equal(4, box.Outbox.Totals[TelemetryClass.Log].DroppedItems);
    }

    private static OtlpSink Sink(OutboxBox box)
    {
        var sink = new OtlpSink();
        sink.Attach(box.Outbox);
        return sink;
    }
}
