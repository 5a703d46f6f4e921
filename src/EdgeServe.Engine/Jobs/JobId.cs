using System.Buffers.Binary;
using EdgeServe.Engine.Device;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// A job's name, 32 hexadecimal digits on the wire: six bytes of the box's running time, so that jobs that come together
/// lie together in the index (a random name costs a page of the card each), then ten random ones that nobody guesses.
/// </summary>
public readonly record struct JobId(UInt128 Value) : IUtf8SpanFormattable
{
    private const int Digits = 32;
    private const int RandomBytes = 10;

    /// <param name="now">Milliseconds of running time.</param>
    public static JobId Make(long now)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, now << 16);
        RandomStock.Fill(bytes[^RandomBytes..]);
        return From(bytes);
    }

    public static JobId From(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    public static bool TryParse(string text, out JobId id)
    {
        id = default;
        if (text.Length != Digits || text.AsSpan().ContainsAnyExcept(System.Buffers.SearchValues.Create("0123456789abcdef")))
            return false;
        id = From(Convert.FromHexString(text));
        return true;
    }

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return bytes;
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return Convert.ToHexStringLower(bytes);
    }

    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return Convert.TryToHexStringLower(bytes, utf8Destination, out bytesWritten);
    }
}
