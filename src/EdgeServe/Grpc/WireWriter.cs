using System.Buffers;
using System.Globalization;
using System.Text;

namespace EdgeServe.Grpc;

/// <summary>Writes the few kinds of protobuf field an answer has. Field numbers are below 16: a tag is one byte.</summary>
internal readonly ref struct WireWriter(IBufferWriter<byte> output)
{
    public const int TagBytes = 1;
    private const int LongestVarint = 10;

    public static int VarintBytes(ulong value)
    {
        int bytes = 1;
        while (value >= 0x80)
        {
            value >>= 7;
            bytes++;
        }

        return bytes;
    }

    /// <summary>Bytes <see cref="Text"/> will write.</summary>
    public static int TextBytes(string text)
    {
        int bytes = Encoding.UTF8.GetByteCount(text);
        return bytes == 0 ? 0 : TagBytes + VarintBytes((ulong)bytes) + bytes;
    }

    public void Varint(ulong value)
    {
        var span = output.GetSpan(LongestVarint);
        int i = 0;
        while (value >= 0x80)
        {
            span[i++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[i++] = (byte)value;
        output.Advance(i);
    }

    /// <summary>The start of a field whose bytes follow.</summary>
    public void Length(int field, long bytes)
    {
        Varint((ulong)((field << 3) | (int)WireType.Length));
        Varint((ulong)bytes);
    }

    /// <summary>A string; an empty one is the default and is left out.</summary>
    public void Text(int field, string text)
    {
        int bytes = Encoding.UTF8.GetByteCount(text);
        if (bytes == 0)
            return;
        Length(field, bytes);
        Encoding.UTF8.GetBytes(text, output.GetSpan(bytes));
        output.Advance(bytes);
    }

    /// <summary>A number as text, as the protocol sends versions.</summary>
    public void Number(int field, long value)
    {
        Span<char> text = stackalloc char[20];
        value.TryFormat(text, out int length, default, CultureInfo.InvariantCulture);
        Length(field, length);
        Encoding.ASCII.GetBytes(text[..length], output.GetSpan(length));
        output.Advance(length);
    }

    public void Bytes(int field, ReadOnlySpan<byte> bytes)
    {
        Length(field, bytes.Length);
        output.Write(bytes);
    }
}
