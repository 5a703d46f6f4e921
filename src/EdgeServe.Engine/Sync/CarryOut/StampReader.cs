using System.Text;
using EdgeServe.Engine.Audit;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>Reads the stamp of a request again, far from the box that wrote it: what is cut out of it must carry the same, with a part of its own.</summary>
internal static class StampReader
{
    public static BatchStamp Read(ReadOnlySpan<byte> request, string device, CarriedBatch batch, string part)
    {
        var (texts, numbers) = (new Dictionary<string, string>(), new Dictionary<string, long>());
        var resources = new ProtoReader(request);
        if (resources.Next(out var first) && first.IsMessage(OtlpNames.RequestResources))
        {
            var fields = new ProtoReader(first.Content);
            while (fields.Next(out var field))
            {
                if (field.IsMessage(OtlpNames.ResourceOfItems))
                    Resource(field.Content, texts, numbers);
            }
        }

        var quality = Enum.GetValues<ClockQuality>().FirstOrDefault(q => OtlpNames.Text(q) == texts.GetValueOrDefault(OtlpNames.Quality), ClockQuality.Unset);
        return new BatchStamp(
            device, texts.GetValueOrDefault(OtlpNames.ServiceName, "edgeserve"), texts.GetValueOrDefault(OtlpNames.ServiceVersion, ""), batch.Epoch, batch.Sequence, part,
            new OutboxMoment(texts.GetValueOrDefault(OtlpNames.BootId, ""), numbers.GetValueOrDefault(OtlpNames.DeviceMs), numbers.GetValueOrDefault(OtlpNames.WallMs), quality))
        {
            Audit = numbers.TryGetValue(OtlpNames.AuditSequence, out long line) && texts.TryGetValue(OtlpNames.AuditHash, out string? hash) ? new AuditHead(line, hash) : null,
        };
    }

    private static void Resource(ReadOnlySpan<byte> resource, Dictionary<string, string> texts, Dictionary<string, long> numbers)
    {
        var fields = new ProtoReader(resource);
        while (fields.Next(out var field))
        {
            if (!field.IsMessage(OtlpNames.Attributes))
                continue;
            string key = "";
            var pair = new ProtoReader(field.Content);
            while (pair.Next(out var member))
            {
                if (member.IsMessage(OtlpNames.Key))
                    key = Encoding.UTF8.GetString(member.Content);
                else if (member.IsMessage(OtlpNames.Value))
                    Value(key, member.Content, texts, numbers);
            }
        }
    }

    private static void Value(string key, ReadOnlySpan<byte> value, Dictionary<string, string> texts, Dictionary<string, long> numbers)
    {
        var fields = new ProtoReader(value);
        while (fields.Next(out var field))
        {
            if (field.IsMessage(OtlpNames.StringValue))
                texts[key] = Encoding.UTF8.GetString(field.Content);
            else if (field is { Number: OtlpNames.IntValue, WireType: 0 })
                numbers[key] = Varint(field.Content);
        }
    }

    private static long Varint(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int i = 0; i < bytes.Length && i < 10; i++)
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
        return (long)value;
    }
}
