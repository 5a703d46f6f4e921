using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Unicode;

namespace EdgeServe.Engine.Inference.Oip;

/// <summary>Elements of a tensor as JSON text: shortest numbers that read back the same, NaN and infinities bare.</summary>
internal static unsafe class TensorText
{
    private const int Longest = 32;

    /// <summary>Writes elements from <paramref name="element"/> on until about <paramref name="budget"/> bytes are written.</summary>
    /// <returns>True when the last element is written.</returns>
    public static bool Write(ref Utf8Buffer text, in OutputTensor tensor, ref long element, ref long offset, int budget)
    {
        long count = Shape.ElementCount(tensor.Shape);
        long limit = text.Written + budget;
        byte* data = (byte*)tensor.Pointer;
        while (element < count && text.Written < limit)
        {
            if (element > 0)
                text.Raw(","u8);
            if (tensor.Type == TensorType.Bytes)
                String(ref text, in tensor, ref offset);
            else
                text.Advance(Format(tensor.Type, data + (element * tensor.Type.Size()), text.Reserve(Longest)));
            element++;
        }

        return element == count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Format(TensorType type, byte* at, Span<byte> target)
    {
        int written;
        switch (type)
        {
            case TensorType.Fp32 when float.IsFinite(*(float*)at): written = ShortestFloat.Write(*(float*)at, target); break;
            case TensorType.Fp32: (*(float*)at).TryFormat(target, out written, default, CultureInfo.InvariantCulture); break;
            case TensorType.Fp64: (*(double*)at).TryFormat(target, out written, default, CultureInfo.InvariantCulture); break;
            case TensorType.Bool:
                var word = *at != 0 ? "true"u8 : "false"u8;
                word.CopyTo(target);
                written = word.Length;
                break;
            case TensorType.Int8: Utf8Formatter.TryFormat(*(sbyte*)at, target, out written); break;
            case TensorType.Int16: Utf8Formatter.TryFormat(*(short*)at, target, out written); break;
            case TensorType.Int32: Utf8Formatter.TryFormat(*(int*)at, target, out written); break;
            case TensorType.Int64: Utf8Formatter.TryFormat(*(long*)at, target, out written); break;
            case TensorType.Uint8: Utf8Formatter.TryFormat(*at, target, out written); break;
            case TensorType.Uint16: Utf8Formatter.TryFormat(*(ushort*)at, target, out written); break;
            case TensorType.Uint32: Utf8Formatter.TryFormat(*(uint*)at, target, out written); break;
            case TensorType.Uint64: Utf8Formatter.TryFormat(*(ulong*)at, target, out written); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, null);
        }

        return written;
    }

    private static void String(ref Utf8Buffer text, in OutputTensor tensor, ref long offset)
    {
        int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(tensor.Slice(offset, sizeof(uint)));
        var utf8 = tensor.Slice(offset + sizeof(uint), length);
        if (!Utf8.IsValid(utf8))
            throw ServingException.Invalid($"output '{tensor.Name}' holds bytes that are not UTF-8: ask for the binary tensor format (parameters.binary_data)");
        text.String(utf8);
        offset += sizeof(uint) + length;
    }
}
