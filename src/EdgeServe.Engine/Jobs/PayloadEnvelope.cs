using System.Buffers.Binary;
using System.IO.Hashing;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// How a payload is stored, in the database or in a file. Little-endian:
/// <c>"EPL" version:1 cipher:1 reserved:3 headerLength:8 | content | length:8 xxh128:16</c>.
/// The cipher byte is 0, plain; a version that encrypts can tell old payloads from new ones. The hash is over header and content.
/// </summary>
internal static class PayloadEnvelope
{
    public const int HeaderBytes = 16;
    public const int TrailerBytes = 24;
    public const int OverheadBytes = HeaderBytes + TrailerBytes;
    private const byte Version = 1;
    private const byte Plain = 0;

    /// <param name="target">At least <see cref="HeaderBytes"/>.</param>
    /// <param name="headerLength">Value of <c>Inference-Header-Content-Length</c>; -1: JSON.</param>
    public static void WriteHeader(Span<byte> target, long headerLength)
    {
        "EPL"u8.CopyTo(target);
        target[3] = Version;
        target[4] = Plain;
        target[5..8].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], headerLength);
    }

    public static void WriteTrailer(Span<byte> target, long length, XxHash128 hash)
    {
        BinaryPrimitives.WriteInt64LittleEndian(target, length);
        hash.GetCurrentHash(target[8..]);
    }

    /// <returns>Value of <c>Inference-Header-Content-Length</c>; -1: JSON.</returns>
    /// <exception cref="PayloadDamagedException">It is not an envelope this program knows.</exception>
    public static long ReadHeader(ReadOnlySpan<byte> header)
    {
        if (header.Length < HeaderBytes || !header.StartsWith("EPL"u8) || header[3] != Version || header[4] != Plain)
            throw new PayloadDamagedException("does not begin as a payload does");
        return BinaryPrimitives.ReadInt64LittleEndian(header[8..]);
    }

    /// <exception cref="PayloadDamagedException">Content and trailer do not agree.</exception>
    public static void Verify(ReadOnlySpan<byte> trailer, long length, XxHash128 hash)
    {
        Span<byte> expected = stackalloc byte[TrailerBytes];
        WriteTrailer(expected, length, hash);
        if (!trailer.SequenceEqual(expected))
            throw new PayloadDamagedException("does not match its checksum");
    }
}
