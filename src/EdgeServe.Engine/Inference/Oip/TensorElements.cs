using System.Buffers.Binary;

namespace EdgeServe.Engine.Inference.Oip;

/// <summary>Parses runs of JSON array elements into tensor memory: one loop a datatype, no object an element.</summary>
internal static unsafe class TensorElements
{
    /// <summary>What stopped a run.</summary>
    internal enum Stop
    {
        /// <summary>The window ended inside or before an element: call again with more, from the position given.</summary>
        NeedMore,

        /// <summary>An element was read and no comma followed yet.</summary>
        AfterElement,

        /// <summary>A comma was read and what follows is an array.</summary>
        BeforeArray,
    }

    public static Stop Read(TensorType type, ReadOnlySpan<byte> window, ref int position, bool final, ref TensorBuilder tensor)
    {
        while (true)
        {
            JsonText.SkipWhiteSpace(window, ref position);
            if (position == window.Length)
                return Stop.NeedMore;
            if (window[position] == '[')
                return Stop.BeforeArray;
            bool read = type switch
            {
                TensorType.Fp32 => Floats(window, ref position, final, ref tensor),
                TensorType.Fp64 => Double(window, ref position, final, ref tensor),
                TensorType.Bool => Bool(window, ref position, final, ref tensor),
                TensorType.Bytes => String(window, ref position, final, ref tensor),
                _ => Integer(type, window, ref position, final, ref tensor),
            };
            if (!read)
                return Stop.NeedMore;
            JsonText.SkipWhiteSpace(window, ref position);
            if (position == window.Length || window[position] != ',')
                return Stop.AfterElement;
            // The comma is consumed only together with the element behind it, so that "[1,]" is seen for what it is.
            int next = position + 1;
            JsonText.SkipWhiteSpace(window, ref next);
            if (next == window.Length)
                return Stop.AfterElement;
            position = next;
        }
    }

    /// <summary>Floats until anything but "comma, number" follows; ends behind an element.</summary>
    private static bool Floats(ReadOnlySpan<byte> window, ref int position, bool final, ref TensorBuilder tensor)
    {
        int p = PlainFloats(window, position, ref tensor);
        while (true)
        {
            if (!JsonNumber.TryReadSingle(window, ref p, final, out float value))
                return p != position && Backtrack(window, ref position, p);
            if (tensor.Length + sizeof(float) > tensor.Capacity)
                tensor.Ensure(sizeof(float));
            *(float*)(tensor.Pointer + (nint)tensor.Length) = value;
            tensor.Length += sizeof(float);
            if (p + 1 >= window.Length || window[p] != ',' || (uint)(window[p + 1] - '-') > '9' - '-')
            {
                position = p;
                return true;
            }

            p++;
        }
    }

    /// <summary>The fast way as far as it goes.</summary>
    /// <returns>Where the first number begins that was not read; a comma precedes it.</returns>
    private static int PlainFloats(ReadOnlySpan<byte> window, int position, ref TensorBuilder tensor)
    {
        fixed (byte* start = window)
        {
            byte* p = start + position, last = start + window.Length - PlainFloat.Margin;
            while (p < last)
            {
                int length = PlainFloat.Read(p, out float value);
                if (length == 0 || p[length] != ',' || (uint)(p[length + 1] - '-') > '9' - '-')
                    break;
                if (tensor.Length + sizeof(float) > tensor.Capacity)
                    tensor.Ensure(sizeof(float));
                *(float*)(tensor.Pointer + (nint)tensor.Length) = value;
                tensor.Length += sizeof(float);
                p += length + 1;
            }

            return (int)(p - start);
        }
    }

    /// <summary>The number behind the last comma is incomplete: stay before that comma.</summary>
    private static bool Backtrack(ReadOnlySpan<byte> window, ref int position, int p)
    {
        while (window[p - 1] != ',')
            p--;
        position = p - 1;
        return true;
    }

    private static bool Double(ReadOnlySpan<byte> window, ref int position, bool final, ref TensorBuilder tensor)
    {
        if (!JsonNumber.TryReadDouble(window, ref position, final, out double value))
            return false;
        tensor.Ensure(sizeof(double));
        *(double*)(tensor.Pointer + (nint)tensor.Length) = value;
        tensor.Length += sizeof(double);
        return true;
    }

    private static bool Bool(ReadOnlySpan<byte> window, ref int position, bool final, ref TensorBuilder tensor)
    {
        var rest = window[position..];
        var word = rest[0] switch { (byte)'t' => "true"u8, (byte)'f' => "false"u8, (byte)'0' => "0"u8, (byte)'1' => "1"u8, _ => default };
        int shared = Math.Min(word.Length, rest.Length);
        if (word.Length == 0 || !rest[..shared].SequenceEqual(word[..shared]))
            throw new FormatException("expected true, false, 0 or 1");
        if (rest.Length <= word.Length && !final)
            return false;
        if (rest.Length < word.Length || (rest.Length > word.Length && char.IsAsciiLetterOrDigit((char)rest[word.Length])))
            throw new FormatException("expected true, false, 0 or 1");
        tensor.Ensure(1);
        *(byte*)(tensor.Pointer + (nint)tensor.Length) = rest[0] is (byte)'t' or (byte)'1' ? (byte)1 : (byte)0;
        tensor.Length++;
        position += word.Length;
        return true;
    }

    private static bool String(ReadOnlySpan<byte> window, ref int position, bool final, ref TensorBuilder tensor)
    {
        if (window[position] != '"')
            throw new FormatException("expected a string");
        int end = position;
        if (!JsonText.TrySkipString(window, ref end, out bool escaped))
            return final ? throw new FormatException("a string is not closed") : false;
        var token = window[position..end];
        tensor.Ensure(sizeof(uint) + token.Length);
        int written = JsonText.CopyUnescaped(token, escaped, tensor.Span(tensor.Length + sizeof(uint), token.Length));
        BinaryPrimitives.WriteUInt32LittleEndian(tensor.Span(tensor.Length, sizeof(uint)), (uint)written);
        tensor.Length += sizeof(uint) + written;
        position = end;
        return true;
    }

    private static bool Integer(TensorType type, ReadOnlySpan<byte> window, ref int position, bool final, ref TensorBuilder tensor)
    {
        if (!JsonNumber.TryReadInteger(window, ref position, final, out bool negative, out ulong magnitude))
            return false;
        int size = type.Size();
        bool signed = type >= TensorType.Int8;
        ulong most = signed ? (1UL << ((size * 8) - 1)) - (negative ? 0UL : 1UL) : negative ? 0UL : ulong.MaxValue >> (64 - (size * 8));
        if (magnitude > most)
            throw new FormatException($"{(negative ? "-" : "")}{magnitude} does not fit {type.Name()}");
        tensor.Ensure(size);
        ulong bits = negative ? 0UL - magnitude : magnitude;
        new ReadOnlySpan<byte>(&bits, size).CopyTo(tensor.Span(tensor.Length, size));
        tensor.Length += size;
        return true;
    }
}
