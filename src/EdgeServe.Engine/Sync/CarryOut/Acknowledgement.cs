using System.Text.Json;
using EdgeServe.Engine.Bundles;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>Head office's word that it has a device's batches: the only thing on a stick that lets them go. Said twice, it says nothing new.</summary>
internal sealed record Acknowledgement(string Device, BatchNumbers Numbers)
{
    public const int MaxBytes = 1 << 20;
    private const string Type = "edgeserve-outbox-acknowledgement";
    private const int Version = 1;

    public byte[] Write()
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, StrictJson.Plain))
        {
            json.WriteStartObject();
            json.WriteString("type", Type);
            json.WriteNumber("version", Version);
            json.WriteString("device", Device);
            Numbers.Write(json, "numbers");
            json.WriteEndObject();
        }

        return memory.ToArray();
    }

    /// <exception cref="CarryOutException"><see cref="CarryOutError.Malformed"/>.</exception>
    public static Acknowledgement Read(ReadOnlyMemory<byte> content)
    {
        try
        {
            return StrictJson.Read("the acknowledgement", content, root =>
                StrictJson.Text(root, "type") == Type && StrictJson.Member(root, "version") is { ValueKind: JsonValueKind.Number } version && version.TryGetInt32(out int number) && number == Version
                && StrictJson.Text(root, "device") is { } device && CarryOutNames.IsDevice(device)
                    ? new Acknowledgement(device, BatchNumbers.Read(root, "numbers"))
                    : throw new JsonException($"it is no {Type} of version {Version} for a device"));
        }
        catch (BundleException e)
        {
            throw new CarryOutException(CarryOutError.Malformed, e.Message, "Write it again: edgeserve outbox acknowledge.", e);
        }
    }
}
