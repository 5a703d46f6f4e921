using System.Buffers.Binary;
using System.Security.Cryptography;

namespace EdgeServe.Engine.Jobs.Keys;

/// <summary>
/// One wrapped key, 128 bytes, little-endian:
/// <c>"EJK1" source:1 reserved:3 name:8 wrappingKey:8 nonce:12 wrapped:32 tag:16 zeros:44</c>. Everything before the nonce is bound to the
/// key. All zeros: free, or erased.
/// </summary>
internal static class KeySlot
{
    public const int Bytes = 128;
    private const int SourceAt = 4, NameAt = 8, WrappingKeyAt = 16, NonceAt = 24, WrappedAt = 36, TagAt = 68, BoundBytes = NonceAt;

    public static bool IsFree(ReadOnlySpan<byte> slot) => !slot.ContainsAnyExcept((byte)0);

    public static void Write(Span<byte> slot, KeyRef name, ReadOnlySpan<byte> secret, WrappingKey with)
    {
        Span<byte> nonce = stackalloc byte[PayloadKey.NonceBytes];
        RandomNumberGenerator.Fill(nonce);
        Write(slot, name, secret, nonce, with);
    }

    /// <param name="slot">Receives it.</param>
    /// <param name="name">Whose key.</param>
    /// <param name="secret">The key.</param>
    /// <param name="nonce">Random, and never used before.</param>
    /// <param name="with">Wraps it.</param>
    public static void Write(Span<byte> slot, KeyRef name, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> nonce, WrappingKey with)
    {
        slot[..Bytes].Clear();
        "EJK1"u8.CopyTo(slot);
        slot[SourceAt] = (byte)with.Source;
        BinaryPrimitives.WriteInt64LittleEndian(slot[NameAt..], name.Value);
        BinaryPrimitives.WriteInt64LittleEndian(slot[WrappingKeyAt..], with.Id);
        nonce.CopyTo(slot[NonceAt..]);
        with.Wrap(nonce, secret, slot.Slice(WrappedAt, PayloadKey.Bytes), slot.Slice(TagAt, PayloadKey.TagBytes), slot[..BoundBytes]);
    }

    /// <returns>Whose key it is; none when it is not a slot that was written.</returns>
    public static KeyRef NameOf(ReadOnlySpan<byte> slot) => slot.StartsWith("EJK1"u8) ? new KeyRef(BinaryPrimitives.ReadInt64LittleEndian(slot[NameAt..])) : default;

    public static long WrappingKeyOf(ReadOnlySpan<byte> slot) => BinaryPrimitives.ReadInt64LittleEndian(slot[WrappingKeyAt..]);

    public static WrappingKeySource SourceOf(ReadOnlySpan<byte> slot) => (WrappingKeySource)slot[SourceAt];

    /// <returns>Null when the slot is damaged or another key wraps it.</returns>
    public static byte[]? Open(ReadOnlySpan<byte> slot, WrappingKey with)
    {
        byte[] secret = new byte[PayloadKey.Bytes];
        bool good = with.TryUnwrap(slot.Slice(NonceAt, PayloadKey.NonceBytes), slot.Slice(WrappedAt, PayloadKey.Bytes), slot.Slice(TagAt, PayloadKey.TagBytes), secret, slot[..BoundBytes]);
        return good ? secret : null;
    }
}
