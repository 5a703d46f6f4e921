using System.Text.Encodings.Web;
using System.Text.Json;

namespace EdgeServe.Engine.Updates.Enrolment;

/// <summary>
/// The file of one fleet, made at head office and put on each of its boxes once. JSON, versioned, strict: a key this
/// program does not know is an error, since it could be one that narrows trust.
/// </summary>
public sealed class EnrolmentFile
{
    /// <summary>What it is called on a stick, in any case of letters.</summary>
    public const string Name = "edgeserve-enrolment.json";

    /// <summary>Far more than 16 keys and a certificate need.</summary>
    public const int MaxBytes = 256 << 10;

    private const string Type = "edgeserve-enrolment";
    private const int Version = 1;
    private static readonly string[] Required = ["type", "version", "channel", "device_class", "trusted_keys", "threshold"];
    private readonly List<string> _errors = [];
    private readonly HashSet<string> _seen = [];

    private EnrolmentFile()
    {
    }

    /// <param name="utf8">The file's bytes.</param>
    /// <param name="errors">Every error there is, each with its key; empty when the terms are usable.</param>
    /// <returns>Null when there is an error.</returns>
    public static EnrolmentTerms? Read(ReadOnlyMemory<byte> utf8, out IReadOnlyList<string> errors)
    {
        if (utf8.Length > MaxBytes)
        {
            errors = [$"larger than the {MaxBytes >> 10} KiB an enrolment may have"];
            return null;
        }

        var file = new EnrolmentFile();
        errors = file._errors;
        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = 4 });
            var terms = file.Root(document.RootElement);
            return file._errors.Count == 0 ? terms : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperation: text that is not UTF-16 (a lone surrogate escape).
            file._errors.Clear();
            file._errors.Add($"not an enrolment file: {e.Message}");
            return null;
        }
    }

    /// <summary>Same terms, same bytes.</summary>
    /// <param name="terms">Checked before.</param>
    public static byte[] Write(EnrolmentTerms terms)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("type", Type);
            json.WriteNumber("version", Version);
            json.WriteString("channel", terms.Channel);
            json.WriteString("device_class", terms.DeviceClass);
            if (terms.Registry is not null)
                json.WriteString("registry", terms.Registry);
            json.WriteStartArray("trusted_keys");
            foreach (string key in terms.TrustedKeys)
                json.WriteStringValue(key);
            json.WriteEndArray();
            json.WriteNumber("threshold", terms.Threshold);
            if (terms.TelemetryEndpoint is not null)
                json.WriteString("telemetry_endpoint", terms.TelemetryEndpoint);
            if (terms.TelemetryKey is not null)
                json.WriteString("telemetry_key", terms.TelemetryKey);
            if (terms.AcknowledgementKey is not null)
                json.WriteString("acknowledgement_key", terms.AcknowledgementKey);
            json.WriteEndObject();
        }

        return [.. buffer.ToArray(), (byte)'\n'];
    }

    private EnrolmentTerms Root(JsonElement root)
    {
        var terms = new EnrolmentTerms("", "", [], 0);
        if (root.ValueKind != JsonValueKind.Object)
        {
            _errors.Add($"not an enrolment file: must be a JSON object, found {root.ValueKind}");
            return terms;
        }

        foreach (var member in root.EnumerateObject())
        {
            string key = member.Name;
            var value = member.Value;
            if (!_seen.Add(key))
            {
                _errors.Add($"{EnrolmentErrors.Quote(key)}: stands twice; keep one");
                continue;
            }

            switch (key)
            {
                case "type": Expect(Text(key, value) is null or Type, $"type: must be {Type}"); break;
                case "version": Expect(Number(key, value) is null or Version, $"version: this program reads version {Version}; a newer file needs a newer EdgeServe"); break;
                case "channel": terms = terms with { Channel = Text(key, value) ?? "" }; break;
                case "device_class": terms = terms with { DeviceClass = Text(key, value) ?? "" }; break;
                case "registry": terms = terms with { Registry = Text(key, value) }; break;
                case "trusted_keys": terms = terms with { TrustedKeys = Texts(key, value) }; break;
                case "threshold": terms = terms with { Threshold = Number(key, value) ?? 0 }; break;
                case "telemetry_endpoint": terms = terms with { TelemetryEndpoint = Text(key, value) }; break;
                case "telemetry_key": terms = terms with { TelemetryKey = Text(key, value) }; break;
                case "acknowledgement_key": terms = terms with { AcknowledgementKey = Text(key, value) }; break;
                default: _errors.Add($"{EnrolmentErrors.Quote(key)}: is not a key of an enrolment file"); break;
            }
        }

        string[] missing = [.. Required.Where(r => !_seen.Contains(r))];
        _errors.AddRange(missing.Select(m => $"{m}: is missing"));
        // One error a key: what is missing or of the wrong kind has been said.
        _errors.AddRange(EnrolmentErrors.Of(terms).Where(e => !_errors.Exists(said => said.Split(':', '[')[0] == e.Split(':', '[')[0])));
        return terms;
    }

    private void Expect(bool fits, string error)
    {
        if (!fits)
            _errors.Add(error);
    }

    private string? Text(string key, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
            return value.GetString();
        _errors.Add($"{key}: must be a string, found {value.ValueKind}");
        return null;
    }

    private int? Number(string key, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number))
            return number;
        _errors.Add($"{key}: must be a whole number, found {EnrolmentErrors.Quote(value.GetRawText())}");
        return null;
    }

    private List<string> Texts(string key, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array)
            return [.. value.EnumerateArray().Select((v, i) => Text($"{key}[{i}]", v) ?? "")];
        _errors.Add($"{key}: must be an array, found {value.ValueKind}");
        return [];
    }
}
