using System.Buffers.Binary;
using System.IO.Hashing;
using EdgeServe.Engine.Jobs.Keys;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// How a payload is stored, in the database or in a file. Little-endian:
/// <c>"EPL" version:1 cipher:1 reserved:3 headerLength:8 [key:8 salt:8] | content | length:8 xxh128:16</c>.
/// Version 1, cipher 0: plain, as it was before there were keys; still read. Version 2, cipher 1: key and salt are there and the content is
/// sealed (<see cref="PayloadSeal"/>). The hash is over header and content as they are stored: damage is found without the key.
/// </summary>
internal static class PayloadEnvelope
{
    public const int PlainHeaderBytes = 16;
    public const int SealedHeaderBytes = 32;
    public const int TrailerBytes = 24;
    /// <summary>Least and, of a small payload, most that is stored beside the content.</summary>
    public const int OverheadBytes = SealedHeaderBytes + PayloadKey.TagBytes + TrailerBytes;
    private const int HeaderLengthAt = 8, KeyAt = 16, SaltAt = 24;
    private const byte PlainVersion = 1, SealedVersion = 2;
    private const byte Plain = 0, Sealed = 1;

    /// <summary>The header of a plain payload: of its fingerprint, and of what an older program stored.</summary>
    /// <param name="target">At least <see cref="PlainHeaderBytes"/>.</param>
    /// <param name="headerLength">Value of <c>Inference-Header-Content-Length</c>; -1: JSON.</param>
    public static void WritePlainHeader(Span<byte> target, long headerLength) => WriteHeader(target, PlainVersion, Plain, headerLength);

    /// <param name="target">At least <see cref="SealedHeaderBytes"/>.</param>
    /// <param name="headerLength">Value of <c>Inference-Header-Content-Length</c>; -1: JSON.</param>
    /// <param name="key">That seals it.</param>
    /// <param name="salt">Of this payload alone.</param>
    public static void WriteSealedHeader(Span<byte> target, long headerLength, KeyRef key, long salt)
    {
        WriteHeader(target, SealedVersion, Sealed, headerLength);
        BinaryPrimitives.WriteInt64LittleEndian(target[KeyAt..], key.Value);
        BinaryPrimitives.WriteInt64LittleEndian(target[SaltAt..], salt);
    }

    public static void WriteTrailer(Span<byte> target, long length, XxHash128 hash)
    {
        BinaryPrimitives.WriteInt64LittleEndian(target, length);
        hash.GetCurrentHash(target[8..]);
    }

    /// <summary>Of an envelope that is in memory but for its trailer.</summary>
    public static void WriteTrailer(Span<byte> envelope, long length)
    {
        var trailer = envelope[^TrailerBytes..];
        BinaryPrimitives.WriteInt64LittleEndian(trailer, length);
        XxHash128.Hash(envelope[..^TrailerBytes], trailer[8..]);
    }

    /// <exception cref="PayloadDamagedException">It is not an envelope this program knows.</exception>
    public static PayloadHeader ReadHeader(ReadOnlySpan<byte> header)
    {
        bool known = header.Length >= PlainHeaderBytes && header.StartsWith("EPL"u8);
        if (known && header[3] == PlainVersion && header[4] == Plain)
            return new PayloadHeader(PlainHeaderBytes, BinaryPrimitives.ReadInt64LittleEndian(header[HeaderLengthAt..]), default, 0);
        if (known && header.Length >= SealedHeaderBytes && header[3] == SealedVersion && header[4] == Sealed)
        {
            return new PayloadHeader(SealedHeaderBytes, BinaryPrimitives.ReadInt64LittleEndian(header[HeaderLengthAt..]),
                new KeyRef(BinaryPrimitives.ReadInt64LittleEndian(header[KeyAt..])), BinaryPrimitives.ReadInt64LittleEndian(header[SaltAt..]));
        }

        throw new PayloadDamagedException("does not begin as a payload does");
    }

    /// <returns>Content bytes, not sealed.</returns>
    /// <exception cref="PayloadDamagedException">Content and trailer do not agree.</exception>
    public static long Verify(PayloadHeader header, long stored, ReadOnlySpan<byte> trailer, XxHash128 hash)
    {
        Span<byte> expected = stackalloc byte[TrailerBytes];
        long length = header.IsSealed ? PayloadSeal.ContentBytes(stored) : stored;
        WriteTrailer(expected, length, hash);
        if (length < 0 || !trailer.SequenceEqual(expected))
            throw new PayloadDamagedException("does not match its checksum");
        return length;
    }

    private static void WriteHeader(Span<byte> target, byte version, byte cipher, long headerLength)
    {
        "EPL"u8.CopyTo(target);
        target[3] = version;
        target[4] = cipher;
        target[5..8].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(target[HeaderLengthAt..], headerLength);
    }
}
