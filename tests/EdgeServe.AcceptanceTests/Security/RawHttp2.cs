using System.Buffers.Binary;
using System.Text;

namespace EdgeServe.AcceptanceTests.Security;

/// <summary>Frames of HTTP/2 as they are written here, whether or not the rules allow them.</summary>
internal sealed class RawHttp2(RawConnection connection) : IAsyncDisposable
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Reset = 3;
    public const byte Settings = 4;
    public const byte Ping = 6;
    public const byte GoAway = 7;
    public const byte Continuation = 9;
    public const byte EndStream = 1;
    public const byte EndHeaders = 4;

    public static async Task<RawHttp2> OpenAsync(Uri server)
    {
        var http2 = new RawHttp2(await RawConnection.OpenAsync(server, protocol: "h2"));
        await http2.SendAsync([.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, [])]);
        return http2;
    }

    public Task SendAsync(byte[] bytes) => connection.SendAsync(bytes);

    public static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)payload.Length);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    /// <summary>HPACK without its table: each name and value in full, neither longer than 126 bytes.</summary>
    public static byte[] Block(params (string Name, string Value)[] headers) => [.. headers.SelectMany(h => (byte[])[0, .. Text(h.Name), .. Text(h.Value)])];

    public static byte[] Request(string authority, string path, params (string Name, string Value)[] more) =>
        Block([(":method", "GET"), (":scheme", "https"), (":authority", authority), (":path", path), .. more]);

    /// <summary>Reads frames until one is of the kind, or the end.</summary>
    /// <returns>Null: the server closed.</returns>
    public async Task<(byte Type, int Stream, byte[] Payload)?> ReadUntilAsync(Func<byte, int, bool> wanted)
    {
        byte[] head = new byte[9];
        while (await TryReadAsync(head))
        {
            byte[] payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            int stream = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5));
            if (!await TryReadAsync(payload))
                return null;
            if (wanted(head[3], stream))
                return (head[3], stream, payload);
        }

        return null;
    }

    /// <summary>How the server takes its leave: the error code of GOAWAY; null: it closed without a word.</summary>
    public async Task<int?> GoAwayAsync() =>
        await ReadUntilAsync((type, _) => type == GoAway) is { } frame ? BinaryPrimitives.ReadInt32BigEndian(frame.Payload.AsSpan(4)) : null;

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task<bool> TryReadAsync(byte[] buffer)
    {
        try
        {
            for (int filled = 0; filled < buffer.Length;)
            {
                int read = await connection.ReadAsync(buffer.AsMemory(filled));
                if (read == 0)
                    return false;
                filled += read;
            }

            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static byte[] Text(string text) => [(byte)text.Length, .. Encoding.Latin1.GetBytes(text)];
}
