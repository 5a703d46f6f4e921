using System.Buffers.Binary;
using System.Text;

namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>Writes protobuf fields one after the other into a buffer that is used again. Lengths are minimal: strict readers take them.</summary>
internal sealed class ProtoWriter
{
    private const int LengthDelimited = 2;
    private byte[] _buffer = new byte[1024];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Takes back what was written after this length.</summary>
    public void Truncate(int length) => Length = length;

    public byte[] ToArray() => Written.ToArray();

    public void Varint(int field, ulong value)
    {
        Raw(((ulong)field << 3) | 0);
        Raw(value);
    }

    public void Fixed64(int field, ulong value)
    {
        Raw(((ulong)field << 3) | 1);
        BinaryPrimitives.WriteUInt64LittleEndian(Room(8), value);
        Length += 8;
    }

    public void Double(int field, double value) => Fixed64(field, (ulong)BitConverter.DoubleToInt64Bits(value));

    public void String(int field, string text)
    {
        int bytes = Encoding.UTF8.GetByteCount(text);
        Raw(((ulong)field << 3) | LengthDelimited);
        Raw((ulong)bytes);
        Encoding.UTF8.GetBytes(text, Room(bytes));
        Length += bytes;
    }

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Raw(((ulong)field << 3) | LengthDelimited);
        Raw((ulong)value.Length);
        Verbatim(value);
    }

    /// <summary>Bytes that are fields already.</summary>
    public void Verbatim(ReadOnlySpan<byte> fields)
    {
        fields.CopyTo(Room(fields.Length));
        Length += fields.Length;
    }

    /// <returns>To hand to <see cref="End"/>.</returns>
    public int Begin(int field)
    {
        Raw(((ulong)field << 3) | LengthDelimited);
        Room(1);
        return Length++;
    }

    /// <summary>Closes a message: its length goes in front of it.</summary>
    public void End(int begin)
    {
        int start = begin + 1;
        int length = Length - start;
        int extra = VarintBytes((ulong)length) - 1;
        if (extra > 0)
        {
            Room(extra);
            Buffer.BlockCopy(_buffer, start, _buffer, start + extra, length);
        }

        Length = begin;
        Raw((ulong)length);
        Length += length;
    }

    private static int VarintBytes(ulong value)
    {
        int bytes = 1;
        for (; value >= 0x80; value >>= 7)
            bytes++;
        return bytes;
    }

    private void Raw(ulong value)
    {
        var room = Room(10);
        int bytes = 0;
        for (; value >= 0x80; value >>= 7)
            room[bytes++] = (byte)(value | 0x80);
        room[bytes++] = (byte)value;
        Length += bytes;
    }

    private Span<byte> Room(int bytes)
    {
        if (_buffer.Length - Length < bytes)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Length + bytes));
        return _buffer.AsSpan(Length);
    }
}
