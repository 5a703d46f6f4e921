using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace EdgeServe.Engine.Audit;

/// <summary>
/// One line of the log: JSON that ends in <c>,"hash":"…"}</c>, the SHA-256 of everything in front of these characters. In front of them is
/// <c>prev</c>, the hash of the line before; so the lines are a chain.
/// </summary>
/// <param name="Sequence">From 1, without a gap.</param>
/// <param name="Previous">The hash of the line before.</param>
/// <param name="Hash">As it is written.</param>
/// <param name="IsIntact">Is that the hash of what is written in front of it?</param>
internal sealed record AuditLine(long Sequence, string Previous, string Hash, bool IsIntact)
{
    private const string HashMember = ",\"hash\":\"";
    private const int TailBytes = 9 + AuditHead.HashDigits + 2;

    /// <returns>The line with its end, and the head it makes.</returns>
    public static (byte[] Line, AuditHead Head) Write(AuditHead before, AuditEvent e)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("seq", before.Sequence + 1);
            json.WriteString("prev", before.Hash);
            json.WriteString("at", DateTimeOffset.FromUnixTimeMilliseconds(e.WallMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("clock", JsonNamingPolicy.SnakeCaseLower.ConvertName(e.Quality.ToString()));
            json.WriteNumber("device_ms", e.DeviceMs);
            json.WriteString("boot", e.Boot);
            json.WriteString("what", e.What);
            json.WriteString("who", e.Who);
            json.WriteString("text", e.Text);
            json.WriteEndObject();
        }

        var body = buffer.WrittenSpan[..^1];
        string hash = Convert.ToHexStringLower(SHA256.HashData(body));
        return ([.. body, .. Encoding.ASCII.GetBytes($"{HashMember}{hash}\"}}\n")], new AuditHead(before.Sequence + 1, hash));
    }

    /// <param name="line">Without its end.</param>
    /// <returns>Null when it is no line of this log at all.</returns>
    public static AuditLine? Read(ReadOnlySpan<byte> line)
    {
        if (line.Length <= TailBytes)
            return null;
        var tail = line[^TailBytes..];
        if (!tail.StartsWith(Encoding.ASCII.GetBytes(HashMember)) || !tail.EndsWith("\"}"u8))
            return null;
        string hash = Encoding.ASCII.GetString(tail.Slice(HashMember.Length, AuditHead.HashDigits));
        try
        {
            using var json = JsonDocument.Parse(Encoding.UTF8.GetString(line), new JsonDocumentOptions { MaxDepth = 4 });
            if (!json.RootElement.TryGetProperty("seq", out var sequence) || !sequence.TryGetInt64(out long number) || !json.RootElement.TryGetProperty("prev", out var previous))
                return null;
            bool intact = hash == Convert.ToHexStringLower(SHA256.HashData(line[..^TailBytes]));
            return new AuditLine(number, previous.GetString() ?? "", hash, intact);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
