using System.Buffers.Binary;

namespace EdgeServe.Grpc;

/// <summary>Walks over the fields of one protobuf message that lies in memory in one piece.</summary>
/// <remarks>Every method throws <see cref="FormatException"/> where the bytes are no protobuf message, and nothing else.</remarks>
internal ref struct WireReader(ReadOnlySpan<byte> message)
{
    private const int MaxVarintBytes = 10;
    private ReadOnlySpan<byte> _rest = message;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <returns>False at the message's end.</returns>
    public bool TryReadTag(out int field, out WireType type)
    {
        if (_rest.IsEmpty)
        {
            field = 0;
            type = default;
            return false;
        }

        Tag(Varint(), out field, out type);
        return true;
    }

    public ulong Varint()
    {
        int length = TryVarint(_rest, out ulong value);
        if (length == 0)
            throw new FormatException("a number is cut off");
        _rest = _rest[length..];
        return value;
    }

    public uint Fixed32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public ulong Fixed64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    /// <summary>The bytes of a string, of bytes, of a message, or of packed elements.</summary>
    public ReadOnlySpan<byte> Bytes(WireType type)
    {
        if (type != WireType.Length)
            throw new FormatException("a field has the wrong wire type");
        ulong length = Varint();
        return length <= (ulong)_rest.Length ? Take((int)length) : throw new FormatException("a field reaches beyond its message");
    }

    /// <summary>A number that is not packed.</summary>
    public ulong Varint(WireType type) =>
        type == WireType.Varint ? Varint() : throw new FormatException("a field has the wrong wire type");

    public void Skip(WireType type)
    {
        switch (type)
        {
            case WireType.Varint: Varint(); break;
            case WireType.Fixed32: Take(sizeof(uint)); break;
            case WireType.Fixed64: Take(sizeof(ulong)); break;
            default: Bytes(type); break;
        }
    }

    public static void Tag(ulong tag, out int field, out WireType type)
    {
        field = tag <= uint.MaxValue ? (int)(tag >> 3) : 0;
        type = (WireType)(tag & 7);
        if (field == 0 || type is not (WireType.Varint or WireType.Fixed64 or WireType.Length or WireType.Fixed32))
            throw new FormatException("a field has an impossible tag");
    }

    /// <returns>Bytes taken; 0 when the number does not end within <paramref name="bytes"/>.</returns>
    public static int TryVarint(ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            if (i == MaxVarintBytes)
                throw new FormatException("a number is too long");
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
                return i + 1;
        }

        return 0;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
            throw new FormatException("a field reaches beyond its message");
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
