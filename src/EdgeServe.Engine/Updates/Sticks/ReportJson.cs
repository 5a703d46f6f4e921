using System.Text.Json;
using EdgeServe.Engine.Audit;
using EdgeServe.Engine.Bundles;

namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>
/// <c>status.json</c>: the last report of each of the boxes the stick went to. What is read back was written by anybody:
/// an entry that is not what this program writes is left out, a file that is none starts anew.
/// </summary>
internal static class ReportJson
{
    /// <summary>Boxes whose reports one stick keeps; beyond, those it met longest ago are dropped.</summary>
    public const int MaxEntries = 32;

    public const int MaxBytes = 256 << 10;
    private const string Type = "edgeserve-stick-status";
    private const int IdLength = 32;

    public static byte[] Write(IReadOnlyList<ReportEntry> entries)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("type", Type);
            json.WriteNumber("version", 1);
            json.WriteStartArray("devices");
            foreach (var entry in entries)
                Write(json, entry);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return [.. buffer.ToArray(), (byte)'\n'];
    }

    /// <returns>Newest first, one a box.</returns>
    public static List<ReportEntry> Read(ReadOnlyMemory<byte> utf8)
    {
        var entries = new List<ReportEntry>();
        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = 8 });
            if (document.RootElement.ValueKind != JsonValueKind.Object || Text(document.RootElement, "type", 40) != Type
                || !document.RootElement.TryGetProperty("devices", out var devices) || devices.ValueKind != JsonValueKind.Array)
                return entries;
            foreach (var device in devices.EnumerateArray().Take(MaxEntries))
            {
                if (Entry(device) is { } entry && !entries.Exists(e => e.Device == entry.Device))
                    entries.Add(entry);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Somebody else's file, or half of one: InvalidOperation is text that is no UTF-16.
        }

        return entries;
    }

    /// <summary>A member of <see cref="BundleError"/>, or of the cargo's errors, as it is called on the wire.</summary>
    public static string Code(Enum error) => JsonNamingPolicy.SnakeCaseLower.ConvertName(error.ToString());

    private static void Write(Utf8JsonWriter json, ReportEntry entry)
    {
        json.WriteStartObject();
        json.WriteString("device", entry.Device);
        json.WriteString("name", entry.Name);
        Write(json, entry.Text);
        if (entry.Code is not null)
            json.WriteString("code", entry.Code);
        if (entry.Channel is not null)
            json.WriteString("channel", entry.Channel);
        if (entry.Release > 0)
            json.WriteNumber("release", entry.Release);
        if (entry.At is not null)
            json.WriteString("at", entry.At);
        json.WriteString("program", entry.Program);
        if (entry.Audit is { } audit)
        {
            // As `edgeserve audit verify --head` takes it.
            json.WriteString("audit_head", audit.ToString());
        }

        if (entry.Cargo is { } cargo)
        {
            json.WriteStartObject("telemetry");
            Write(json, cargo);
            if (entry.CargoCode is not null)
                json.WriteString("code", entry.CargoCode);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, CarrierText text)
    {
        json.WriteString("state", ToneName(text.Tone));
        json.WriteString("title", text.Title);
        json.WriteString("text", text.Sentence);
        json.WriteString("next", text.Next);
    }

    private static ReportEntry? Entry(JsonElement device)
    {
        if (device.ValueKind != JsonValueKind.Object)
            return null;
        string? id = Text(device, "device", IdLength);
        if (id is not { Length: IdLength } || id.AsSpan().ContainsAnyExcept("0123456789abcdef"))
            return null;
        if (Words(device) is not { } words)
            return null;
        long release = device.TryGetProperty("release", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out long value) && value > 0 ? value : 0;
        return new ReportEntry(
            id, Text(device, "name", 100) ?? "", words,
            Text(device, "code", 40), Text(device, "channel", 128), release, Text(device, "at", 30), Text(device, "program", 40) ?? "")
        {
            Cargo = device.TryGetProperty("telemetry", out var cargo) && cargo.ValueKind == JsonValueKind.Object ? Words(cargo) : null,
            Audit = Text(device, "audit_head", 90) is { } head ? AuditHead.Parse(head) : null,
            CargoCode = cargo.ValueKind == JsonValueKind.Object ? Text(cargo, "code", 40) : null,
        };
    }

    private static CarrierText? Words(JsonElement element) =>
        Tone(Text(element, "state", 20)) is { } tone && Text(element, "title", 60) is { } title && Text(element, "text", 200) is { } text
            ? new CarrierText(tone, title, text, Text(element, "next", 200) ?? "") : null;

    private static string? Text(JsonElement element, string name, int most)
    {
        if (!element.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
            return null;
        string text = value.GetString()!;
        return text.Length <= most ? text : null;
    }

    private static string ToneName(CarrierTone tone) => JsonNamingPolicy.SnakeCaseLower.ConvertName(tone.ToString());

    private static CarrierTone? Tone(string? name) => name switch
    {
        "good" => CarrierTone.Good,
        "attention" => CarrierTone.Attention,
        "refused" => CarrierTone.Refused,
        _ => null,
    };
}
