using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Sync;

/// <summary>
/// Is this the Export response of OTLP 1.x, and nothing else? Strict on purpose: a field nobody knows is more likely a
/// portal's text than a new protocol, and disbelief costs a repetition, belief the telemetry.
/// </summary>
internal static class ExportProof
{
    private const int PartialSuccess = 1;
    private const int Rejected = 1;
    private const int ErrorMessage = 2;
    private const int Depth = 8;

    public static bool TryProtobuf(ReadOnlySpan<byte> body, out long rejected, out string message)
    {
        (rejected, message) = (0, "");
        var response = new ProtoReader(body);
        while (response.Next(out var field))
        {
            if (!field.IsMessage(PartialSuccess) || !TryPartial(field.Content, ref rejected, ref message))
                return false;
        }

        return !response.IsBroken;
    }

    public static bool TryJson(ReadOnlyMemory<byte> body, out long rejected, out string message)
    {
        (rejected, message) = (0, "");
        try
        {
            using var json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = Depth });
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                return false;
            foreach (var member in json.RootElement.EnumerateObject())
            {
                if (member.Name is not ("partialSuccess" or "partial_success") || !TryPartial(member.Value, ref rejected, ref message))
                    return false;
            }

            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool TryPartial(ReadOnlySpan<byte> partial, ref long rejected, ref string message)
    {
        var fields = new ProtoReader(partial);
        while (fields.Next(out var field))
        {
            switch (field.Number, field.WireType)
            {
                case (Rejected, 0):
                    rejected = Math.Max(0, Varint(field.Content));
                    break;
                case (ErrorMessage, 2) when Utf8.IsValid(field.Content):
                    message = Encoding.UTF8.GetString(field.Content);
                    break;
                default:
                    return false;
            }
        }

        return !fields.IsBroken;
    }

    private static bool TryPartial(JsonElement partial, ref long rejected, ref string message)
    {
        if (partial.ValueKind == JsonValueKind.Null)
            return true;
        if (partial.ValueKind != JsonValueKind.Object)
            return false;
        foreach (var member in partial.EnumerateObject())
        {
            switch (member.Name)
            {
                case "rejectedLogRecords" or "rejectedDataPoints" or "rejectedSpans" when TryCount(member.Value, out long count):
                    rejected = Math.Max(0, count);
                    break;
                case "errorMessage" when member.Value.ValueKind == JsonValueKind.String:
                    message = member.Value.GetString()!;
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    /// <summary>Sixty-four bits are text in the protocol's JSON; numbers are read as well.</summary>
    private static bool TryCount(JsonElement value, out long count)
    {
        count = 0;
        return value.ValueKind == JsonValueKind.String
            ? long.TryParse(value.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out count)
            : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out count);
    }

    private static long Varint(ReadOnlySpan<byte> content)
    {
        ulong value = 0;
        for (int i = 0; i < content.Length; i++)
            value |= (ulong)(content[i] & 0x7F) << (7 * i);
        return (long)value;
    }
}
