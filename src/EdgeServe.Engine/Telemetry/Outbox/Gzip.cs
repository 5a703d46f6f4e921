using System.IO.Compression;

namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>Payloads as they are stored and posted: <c>Content-Encoding: gzip</c>.</summary>
internal static class Gzip
{
    /// <summary>No request of ours is larger; a payload that says so is damaged.</summary>
    private const int MostBytes = 64 << 20;

    public static byte[] Compress(ReadOnlySpan<byte> plain)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(plain);
        return output.ToArray();
    }

    /// <exception cref="InvalidDataException">It is not what <see cref="Compress"/> made.</exception>
    public static byte[] Decompress(byte[] compressed)
    {
        using var input = new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress);
        using var output = new MemoryStream();
        byte[] block = new byte[16 << 10];
        for (int read = input.Read(block); read > 0; read = input.Read(block))
        {
            output.Write(block, 0, read);
            if (output.Length > MostBytes)
                throw new InvalidDataException($"a payload is larger than {MostBytes} bytes");
        }

        return output.ToArray();
    }
}
