using System.Globalization;
using System.Text.Json;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>What a device signs when it hands telemetry out: who it is, for whom, and every part with its digest. The stored bytes are verified, never written anew.</summary>
/// <param name="Device">Its id.</param>
/// <param name="Moment">When, by the clocks it has.</param>
/// <param name="Key">Its public key, SubjectPublicKeyInfo: head office pins it the first time.</param>
/// <param name="Recipient">Fingerprint of the key that the parts are encrypted to.</param>
/// <param name="Parts">Most important first.</param>
/// <param name="Left">Batches that found no room.</param>
internal sealed record ExportStatement(string Device, OutboxMoment Moment, byte[] Key, string Recipient, IReadOnlyList<ExportPart> Parts, long Left)
{
    /// <summary>Far more than a thousand parts need.</summary>
    public const int MaxBytes = ContentLimits.ManifestBytes;

    /// <summary>An image manifest lists no more layers here.</summary>
    public const int MaxParts = ContentLimits.Entries;

    private const string Type = "edgeserve-outbox";
    private const int Version = 1;

    public BatchNumbers Numbers
    {
        get
        {
            var all = new BatchNumbers();
            foreach (var part in Parts)
                all.Add(part.Numbers);
            return all;
        }
    }

    public byte[] Write()
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, StrictJson.Plain))
        {
            json.WriteStartObject();
            json.WriteString("type", Type);
            json.WriteNumber("version", Version);
            json.WriteString("device", Device);
            json.WriteString("boot", Moment.BootId);
            json.WriteNumber("device_ms", Moment.DeviceMs);
            json.WriteNumber("wall_ms", Moment.WallMs);
            json.WriteString("clock", OtlpNames.Text(Moment.Quality));
            json.WriteBase64String("key", Key);
            json.WriteString("recipient", Recipient);
            json.WriteStartArray("parts");
            foreach (var part in Parts)
            {
                json.WriteStartObject();
                json.WriteString("digest", part.Blob.Digest.ToString());
                json.WriteNumber("size", part.Blob.Size);
                json.WriteNumber("batches", part.Batches);
                json.WriteNumber("items", part.Items);
                json.WriteString("least", Tombstone.Name(part.Least));
                part.Numbers.Write(json, "numbers");
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteNumber("left", Left);
            json.WriteEndObject();
        }

        return memory.ToArray();
    }

    /// <exception cref="CarryOutException"><see cref="CarryOutError.Malformed"/>.</exception>
    public static ExportStatement Read(ReadOnlyMemory<byte> content)
    {
        try
        {
            return StrictJson.Read("the statement of an export", content, root =>
            {
                if (StrictJson.Text(root, "type") != Type || Number(root, "version") != Version)
                    throw new JsonException($"it is no {Type} of version {Version}");
                if (StrictJson.Text(root, "device") is not { } device || !CarryOutNames.IsDevice(device))
                    throw new JsonException("it names no device");
                if (StrictJson.Member(root, "key") is not { ValueKind: JsonValueKind.String } key || !key.TryGetBytesFromBase64(out byte[]? info))
                    throw new JsonException("it has no key");
                if (StrictJson.Member(root, "parts") is not { ValueKind: JsonValueKind.Array } parts || parts.GetArrayLength() > MaxParts)
                    throw new JsonException("it lists no parts");
                return new ExportStatement(
                    device, new OutboxMoment(StrictJson.Text(root, "boot") ?? "", Number(root, "device_ms"), Number(root, "wall_ms"), Quality(StrictJson.Text(root, "clock"))), info,
                    StrictJson.Text(root, "recipient") ?? "", [.. parts.EnumerateArray().Select(Part)], Number(root, "left"));
            });
        }
        catch (BundleException e)
        {
            throw new CarryOutException(CarryOutError.Malformed, e.Message, "It was damaged, or a newer EdgeServe wrote it.", e);
        }
    }

    private static ExportPart Part(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object || !Digest.TryParse(StrictJson.Text(element, "digest"), out var digest) || Number(element, "size") is not (> 0 and <= PartEnvelope.MaxBytes and var size))
            throw new JsonException("a part of it has no digest or no proper size");
        return new ExportPart(
            new Descriptor(CarryOutNames.Part, digest, size), (int)Math.Clamp(Number(element, "batches"), 0, int.MaxValue), Number(element, "items"),
            Class(StrictJson.Text(element, "least")), BatchNumbers.Read(element, "numbers"));
    }

    private static long Number(JsonElement element, string name) =>
        StrictJson.Member(element, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out long value) && value >= 0
            ? value : throw new JsonException(string.Create(CultureInfo.InvariantCulture, $"'{name}' is not a count"));

    private static TelemetryClass Class(string? name) => Enum.GetValues<TelemetryClass>().FirstOrDefault(c => Tombstone.Name(c) == name, TelemetryClass.Trace);

    private static ClockQuality Quality(string? name) => Enum.GetValues<ClockQuality>().FirstOrDefault(q => OtlpNames.Text(q) == name, ClockQuality.Unset);
}
