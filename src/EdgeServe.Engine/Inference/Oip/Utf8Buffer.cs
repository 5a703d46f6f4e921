using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;

namespace EdgeServe.Engine.Inference.Oip;

/// <summary>Text into an <see cref="IBufferWriter{T}"/> through one span at a time.</summary>
internal ref struct Utf8Buffer(IBufferWriter<byte> output)
{
    private const int Chunk = 4096;
    private const int LongestNumber = 32;
    private Span<byte> _span;
    private int _used;

    /// <summary>Bytes written so far.</summary>
    public long Written { get; private set; }

    /// <summary>A span of at least <paramref name="length"/> bytes; <see cref="Advance"/> says how many were used.</summary>
    public Span<byte> Reserve(int length)
    {
        if (_span.Length - _used < length)
        {
            Flush();
            _span = output.GetSpan(Math.Max(length, Chunk));
        }

        return _span[_used..];
    }

    public void Advance(int length)
    {
        _used += length;
        Written += length;
    }

    public void Flush()
    {
        if (_used > 0)
            output.Advance(_used);
        _used = 0;
        _span = default;
    }

    public void Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Advance(bytes.Length);
    }

    public void Ascii(string text)
    {
        Encoding.ASCII.GetBytes(text, Reserve(text.Length));
        Advance(text.Length);
    }

    public void Number(long value)
    {
        Utf8Formatter.TryFormat(value, Reserve(LongestNumber), out int written);
        Advance(written);
    }

    public void String(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        String(utf8);
    }

    /// <summary>A JSON string of valid UTF-8, quotes included.</summary>
    public void String(ReadOnlySpan<byte> utf8)
    {
        Raw("\""u8);
        while (true)
        {
            int escape = JavaScriptEncoder.UnsafeRelaxedJsonEscaping.FindFirstCharacterToEncodeUtf8(utf8);
            var plain = escape < 0 ? utf8 : utf8[..escape];
            Long(plain);
            if (escape < 0)
                break;
            utf8 = utf8[escape..];
            JavaScriptEncoder.UnsafeRelaxedJsonEscaping.EncodeUtf8(utf8[..CharacterLength(utf8)], Reserve(LongestNumber), out int consumed, out int written);
            Advance(written);
            utf8 = utf8[consumed..];
        }

        Raw("\""u8);
    }

    private void Long(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var part = bytes[..Math.Min(bytes.Length, Chunk)];
            Raw(part);
            bytes = bytes[part.Length..];
        }
    }

    private static int CharacterLength(ReadOnlySpan<byte> utf8) =>
        Rune.DecodeFromUtf8(utf8, out _, out int length) == OperationStatus.Done ? length : 1;
}
