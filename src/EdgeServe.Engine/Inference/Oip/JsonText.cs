using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace EdgeServe.Engine.Inference.Oip;

/// <summary>Pieces of JSON grammar on a window of UTF-8 that may end anywhere.</summary>
internal static class JsonText
{
    private static readonly SearchValues<byte> StringStops = SearchValues.Create(
        [(byte)'"', (byte)'\\', .. Enumerable.Range(0, 0x20).Select(i => (byte)i)]);

    public static void SkipWhiteSpace(ReadOnlySpan<byte> window, ref int position)
    {
        while (position < window.Length && window[position] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            position++;
    }

    /// <summary>Finds the end of a string that starts with its quote at <paramref name="position"/>.</summary>
    /// <returns>False when the window ends first.</returns>
    public static bool TrySkipString(ReadOnlySpan<byte> window, ref int position, out bool escaped)
    {
        escaped = false;
        int p = position + 1;
        while (true)
        {
            int stop = window[p..].IndexOfAny(StringStops);
            if (stop < 0)
                return false;
            p += stop;
            if (window[p] == '"')
            {
                position = p + 1;
                return true;
            }

            if (window[p] != '\\')
                throw new FormatException("a string has a control character that is not escaped");
            escaped = true;
            p += 2;
            if (p > window.Length)
                return false;
        }
    }

    /// <summary>The content of a string token, quotes included in <paramref name="token"/>, as text.</summary>
    public static string Unescape(ReadOnlySpan<byte> token)
    {
        var reader = new Utf8JsonReader(token);
        try
        {
            reader.Read();
            return reader.GetString()!;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException("a string is not valid UTF-8 or has a broken escape");
        }
    }

    /// <summary>Copies a string token's content to where it will stay.</summary>
    /// <returns>Bytes written, at most the token's own length.</returns>
    public static int CopyUnescaped(ReadOnlySpan<byte> token, bool escaped, Span<byte> target)
    {
        var inner = token[1..^1];
        if (!escaped)
        {
            if (!Utf8.IsValid(inner))
                throw new FormatException("a string is not valid UTF-8");
            inner.CopyTo(target);
            return inner.Length;
        }

        var reader = new Utf8JsonReader(token);
        try
        {
            reader.Read();
            return reader.CopyString(target);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException("a string is not valid UTF-8 or has a broken escape");
        }
    }

    /// <summary>Finds the end of any value.</summary>
    /// <returns>False when the window ends first.</returns>
    public static bool TrySkipValue(ReadOnlySpan<byte> window, ref int position, bool final, int depth, int maxDepth)
    {
        int p = position, open = 0;
        do
        {
            SkipWhiteSpace(window, ref p);
            if (p == window.Length)
                return false;
            switch (window[p])
            {
                case (byte)'"':
                    if (!TrySkipString(window, ref p, out _))
                        return false;
                    break;
                case (byte)'{' or (byte)'[':
                    if (depth + ++open > maxDepth)
                        throw new NestingTooDeepException();
                    p++;
                    continue;
                case (byte)'}' or (byte)']':
                    open--;
                    p++;
                    break;
                case (byte)',' or (byte)':' when open > 0:
                    p++;
                    continue;
                default:
                    int length = window[p..].IndexOfAny(" \n\r\t,:]}[{\""u8);
                    if (length < 0 && !final)
                        return false;
                    if (length == 0)
                        throw new FormatException($"unexpected '{(char)window[p]}'");
                    p = length < 0 ? window.Length : p + length;
                    break;
            }
        }
        while (open > 0);

        if (open < 0)
            throw new FormatException("a bracket closes what was never opened");
        position = p;
        return true;
    }

    /// <summary>A string or property name that may hold bytes which are no text.</summary>
    /// <exception cref="FormatException">Not UTF-8, or half a surrogate pair.</exception>
    public static string Unescape(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new FormatException("a string is not valid UTF-8 text");
        }
    }
}
