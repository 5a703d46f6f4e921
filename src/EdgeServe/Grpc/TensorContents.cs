using System.Buffers.Binary;
using System.Numerics;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Inference.Oip;

namespace EdgeServe.Grpc;

/// <summary>Reads <c>InferTensorContents</c>, the typed lists, into tensor memory.</summary>
internal static class TensorContents
{
    private const int BytesField = 8;
    private static readonly string[] Lists =
        ["", "bool_contents", "int_contents", "int64_contents", "uint_contents", "uint64_contents", "fp32_contents", "fp64_contents", "bytes_contents"];

    /// <summary>Appends one <c>contents</c> message to the input's tensor.</summary>
    /// <exception cref="ServingException">The list does not suit the datatype, or an element does not fit it.</exception>
    /// <exception cref="FormatException">Not a protobuf message.</exception>
    public static void Read(ReadOnlySpan<byte> contents, InferInput input, ref TensorBuilder tensor)
    {
        var reader = new WireReader(contents);
        while (reader.TryReadTag(out int field, out var type))
        {
            if (field is < 1 or > BytesField)
            {
                reader.Skip(type);
                continue;
            }

            var datatype = Suiting(field, input);
            if (field == BytesField)
                Element(reader.Bytes(type), input, ref tensor);
            else if (type == WireType.Length)
                Packed(reader.Bytes(type), datatype, input, ref tensor);
            else
                Single(ref reader, type, datatype, input, ref tensor);
        }
    }

    private static TensorType Suiting(int field, InferInput input)
    {
        var type = input.Type ?? throw ServingException.Invalid($"input '{input.Name}' has no 'datatype'");
        int suiting = type switch
        {
            TensorType.Bool => 1,
            TensorType.Int8 or TensorType.Int16 or TensorType.Int32 => 2,
            TensorType.Int64 => 3,
            TensorType.Uint8 or TensorType.Uint16 or TensorType.Uint32 => 4,
            TensorType.Uint64 => 5,
            TensorType.Fp32 => 6,
            TensorType.Fp64 => 7,
            TensorType.Bytes => BytesField,
            _ => 0,
        };
        if (suiting == 0)
            throw ServingException.Invalid($"{type.Name()} data of input '{input.Name}' cannot travel in contents: send it in raw_input_contents");
        return field == suiting
            ? type
            : throw ServingException.Invalid($"input '{input.Name}' is {type.Name()}, whose contents travel in {Lists[suiting]}, not {Lists[field]}");
    }

    private static void Packed(ReadOnlySpan<byte> elements, TensorType type, InferInput input, ref TensorBuilder tensor)
    {
        if (type is TensorType.Fp32 or TensorType.Fp64)
        {
            if (elements.Length % type.Size() != 0)
                throw new FormatException("packed elements are cut off");
            tensor.Append(elements);
            input.Elements += elements.Length / type.Size();
            return;
        }

        // One byte an element at least: room for all of them at once.
        int count = CountVarints(elements);
        tensor.Ensure((long)count * type.Size());
        var reader = new WireReader(elements);
        while (!reader.IsAtEnd)
            Number(reader.Varint(), type, input, ref tensor);
    }

    private static void Single(ref WireReader reader, WireType wire, TensorType type, InferInput input, ref TensorBuilder tensor)
    {
        Span<byte> element = stackalloc byte[sizeof(double)];
        switch (type, wire)
        {
            case (TensorType.Fp32, WireType.Fixed32):
                BinaryPrimitives.WriteUInt32LittleEndian(element, reader.Fixed32());
                break;
            case (TensorType.Fp64, WireType.Fixed64):
                BinaryPrimitives.WriteUInt64LittleEndian(element, reader.Fixed64());
                break;
            case (TensorType.Fp32 or TensorType.Fp64, _):
                throw new FormatException("a field has the wrong wire type");
            default:
                Number(reader.Varint(wire), type, input, ref tensor);
                return;
        }

        tensor.Append(element[..type.Size()]);
        input.Elements++;
    }

    private static void Number(ulong value, TensorType type, InferInput input, ref TensorBuilder tensor)
    {
        switch (type)
        {
            case TensorType.Bool: Store(value == 0 ? (byte)0 : (byte)1, input, ref tensor); break;
            case TensorType.Int8: Store((sbyte)Fit((int)value, sbyte.MinValue, sbyte.MaxValue, type, input), input, ref tensor); break;
            case TensorType.Int16: Store((short)Fit((int)value, short.MinValue, short.MaxValue, type, input), input, ref tensor); break;
            case TensorType.Int32: Store((int)value, input, ref tensor); break;
            case TensorType.Uint8: Store((byte)Fit((uint)value, 0, byte.MaxValue, type, input), input, ref tensor); break;
            case TensorType.Uint16: Store((ushort)Fit((uint)value, 0, ushort.MaxValue, type, input), input, ref tensor); break;
            case TensorType.Uint32: Store((uint)value, input, ref tensor); break;
            default: Store(value, input, ref tensor); break;
        }
    }

    private static unsafe void Store<T>(T value, InferInput input, ref TensorBuilder tensor)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (tensor.Length + sizeof(T) > tensor.Capacity)
            tensor.Ensure(sizeof(T));
        *(T*)(tensor.Pointer + (nint)tensor.Length) = value;
        tensor.Length += sizeof(T);
        input.Elements++;
    }

    private static long Fit(long value, long least, long most, TensorType type, InferInput input) =>
        value >= least && value <= most
            ? value
            : throw ServingException.Invalid($"{value} in the contents of input '{input.Name}' does not fit {type.Name()}");

    private static void Element(ReadOnlySpan<byte> bytes, InferInput input, ref TensorBuilder tensor)
    {
        tensor.Ensure(sizeof(uint) + (long)bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(tensor.Span(tensor.Length, sizeof(uint)), (uint)bytes.Length);
        tensor.Length += sizeof(uint);
        tensor.Append(bytes);
        input.Elements++;
    }

    private static int CountVarints(ReadOnlySpan<byte> packed)
    {
        int count = 0;
        foreach (byte b in packed)
            count += b < 0x80 ? 1 : 0;
        return count;
    }
}
