using CsCheck;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.TestCollector.Otlp;
using Google.Protobuf;

namespace EdgeServe.Tests.Engine.Telemetry.Outbox;

public sealed class ResourceStampTests
{
    private static readonly BatchStamp Stamp = new("device", "edgeserve", "1.2.3", 4, 5, "1/2", new OutboxMoment("boot", 6, -7, ClockQuality.SetBack));

    private static readonly string[] Names = ["service.name", "edgeserve.device.id", "edgeserve.batch.sequence", "edgeserve.boot.id", "host.name"];

    private static readonly Gen<string> Keys = Gen.OneOf(Gen.String[0, 12], Gen.Int[0, 4].Select(i => Names[i]));

    private static readonly Gen<KeyValue> Pairs = Gen.Select(Keys, Gen.String[0, 300]).Select((key, value) => new KeyValue { Key = key, Value = new AnyValue { StringValue = value } });

    private static readonly Gen<ResourceLogs> Items = Gen.Select(Pairs.Array[0, 6], Gen.String[0, 200].Array[0, 5], Gen.Bool, Gen.UInt).Select((pairs, bodies, resource, dropped) =>
    {
        var logs = new ResourceLogs { SchemaUrl = bodies.Length > 2 ? "https://example.org" : "" };
        if (resource)
            logs.Resource = new Resource { Attributes = { pairs }, DroppedAttributesCount = dropped };
        logs.ScopeLogs.Add(new ScopeLogs { LogRecords = { bodies.Select(b => new LogRecord { Body = new AnyValue { StringValue = b }, TimeUnixNano = dropped }) } });
        return logs;
    });

    [Fact]
    public void Every_request_keeps_all_but_the_keys_of_the_stamp() => Items.Array[0, 5].Sample(items =>
    {
        var request = new ExportLogsRequest { ResourceLogs = { items } };
        var stamped = ExportLogsRequest.Parser.ParseFrom(Write(request.ToByteArray())!);
        Assert.Equal(items.Length, stamped.ResourceLogs.Count);
        for (int i = 0; i < items.Length; i++)
        {
            Assert.Equal(items[i].ScopeLogs, stamped.ResourceLogs[i].ScopeLogs);
            Assert.Equal(items[i].SchemaUrl, stamped.ResourceLogs[i].SchemaUrl);
            Assert.Equal(items[i].Resource?.DroppedAttributesCount ?? 0, stamped.ResourceLogs[i].Resource.DroppedAttributesCount);
            var attributes = stamped.ResourceLogs[i].Resource.Attributes;
            var foreign = (items[i].Resource?.Attributes ?? []).Where(a => !BatchStamp.Owns(System.Text.Encoding.UTF8.GetBytes(a.Key)));
            Assert.Equal(foreign, attributes.Where(a => !BatchStamp.Owns(System.Text.Encoding.UTF8.GetBytes(a.Key))));
            Assert.Equal(11, attributes.Count(a => BatchStamp.Owns(System.Text.Encoding.UTF8.GetBytes(a.Key))));
            Assert.Equal(-7, attributes.Single(a => a.Key == "edgeserve.clock.wall_ms").Value.IntValue);
            Assert.Equal(5, attributes.Single(a => a.Key == "edgeserve.batch.sequence").Value.IntValue);
        }
    }, iter: 300);

    [Fact]
    public void Stamping_twice_is_stamping_once() => Items.Array[1, 4].Sample(items =>
    {
        byte[] once = Write(new ExportLogsRequest { ResourceLogs = { items } }.ToByteArray())!;
        Assert.Equal(once, Write(once));
    }, iter: 200);

    [Fact]
    public void Several_resource_fields_become_one()
    {
        var first = new ResourceLogs { Resource = new Resource { Attributes = { new KeyValue { Key = "a", Value = new AnyValue { IntValue = 1 } } } } };
        var second = new ResourceLogs { Resource = new Resource { Attributes = { new KeyValue { Key = "b", Value = new AnyValue { IntValue = 2 } } } } };
        byte[] both = [.. first.ToByteArray(), .. second.ToByteArray()];
        var writer = new ProtoWriter();
        writer.Bytes(1, both);
        var resource = ExportLogsRequest.Parser.ParseFrom(Write(writer.ToArray())!).ResourceLogs.Single();
        Assert.Equal(["a", "b"], resource.Resource.Attributes.Take(2).Select(a => a.Key));
        // One field on the wire, for readers that do not merge.
        var fields = new ProtoReader(Write(writer.ToArray())!);
        Assert.True(fields.Next(out var items));
        int resources = 0;
        for (var inner = new ProtoReader(items.Content); inner.Next(out var field);)
            resources += field.Number == 1 ? 1 : 0;
        Assert.Equal(1, resources);
    }

    [Fact]
    public void What_is_no_request_is_refused_and_leaves_nothing() => Gen.Select(Items.Array[1, 3], Gen.Byte.Array[1, 8], Gen.Double.Unit).Sample((items, junk, where) =>
    {
        byte[] request = new ExportLogsRequest { ResourceLogs = { items } }.ToByteArray();
        int at = (int)(where * request.Length);
        byte[] broken = [.. request.AsSpan(0, at), .. junk, .. request.AsSpan(at)];
        var writer = new ProtoWriter();
        writer.Verbatim([1, 2, 3]);
        if (!ResourceStamp.TryWrite(broken, Stamp, writer))
            Assert.Equal(3, writer.Length);
        else
            _ = writer.Written[3..].ToArray();
    }, iter: 2000);

    [Theory]
    [InlineData("0A")]
    [InlineData("0A05")]
    [InlineData("0800")]
    [InlineData("1200")]
    [InlineData("0A020A05")]
    [InlineData("0A0208")]
    [InlineData("0A020801")]
    [InlineData("0A040A020A05")]
    [InlineData("FFFFFFFFFFFFFFFFFFFF7F")]
    [InlineData("0B0C")]
    public void Malformed_bytes_are_refused(string hex) => Assert.Null(Write(Convert.FromHexString(hex)));

    private static byte[]? Write(byte[] request)
    {
        var writer = new ProtoWriter();
        return ResourceStamp.TryWrite(request, Stamp, writer) ? writer.ToArray() : null;
    }
}
