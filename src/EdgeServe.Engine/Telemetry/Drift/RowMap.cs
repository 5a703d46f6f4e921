using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>Which numbers of a request and its answer are watched: every element of a row of the inputs, and one output.</summary>
internal sealed class RowMap
{
    private readonly List<(int Input, int Width)> _inputs = [];
    private readonly bool _batched;

    public RowMap(ModelSignature signature, int maxBatchSize, ReferenceDefinition definition)
    {
        _batched = maxBatchSize > 0;
        var names = new List<string>();
        for (int i = 0; i < signature.Inputs.Length; i++)
        {
            var input = signature.Inputs[i];
            long width = Width(input);
            if (input.Type == TensorType.Bytes || width < 1)
                continue;
            if (names.Count + width > definition.MaxFeatures)
            {
                // A part of the inputs would look like the whole.
                _inputs.Clear();
                names.Clear();
                break;
            }

            _inputs.Add((i, (int)width));
            for (int n = 0; n < width; n++)
                names.Add(width == 1 ? input.Name : string.Create(CultureInfo.InvariantCulture, $"{input.Name}[{n}]"));
        }

        Features = [.. names];
        foreach (var output in signature.Outputs)
        {
            if (definition.Output is { } wanted ? output.Name != wanted : output.Type is not (TensorType.Fp32 or TensorType.Fp64 or TensorType.Fp16))
                continue;
            if (output.Type == TensorType.Bytes || Width(output) is not (>= 1 and <= DriftProfile.MostClasses and var width))
                continue;
            Output = output.Name;
            OutputWidth = (int)width;
            break;
        }
    }

    /// <summary>Names of the numbers of one row, in order; empty: there are none, or too many.</summary>
    public string[] Features { get; }

    /// <summary>Null: no output is watched.</summary>
    public string? Output { get; }

    /// <summary>Numbers of the output a row.</summary>
    public int OutputWidth { get; }

    /// <summary>Classes there are; 0 where the output has one number.</summary>
    public int Classes => OutputWidth > 1 ? OutputWidth : 0;

    public bool IsEmpty => Features.Length == 0 && Output is null;

    /// <summary>The numbers of one row of a complete request; not a number where the tensor is too short.</summary>
    /// <param name="into">As long as <see cref="Features"/>.</param>
    public void Read(InferRequest request, int row, Span<float> into)
    {
        int at = 0;
        foreach (var (input, width) in _inputs)
        {
            var tensor = request.Inputs[input];
            Numbers(tensor.Type, tensor.Bytes, (_batched ? row : 0) * width, into.Slice(at, width));
            at += width;
        }
    }

    /// <summary>The likeliest class of one row and its number.</summary>
    /// <returns>False when the client did not ask for that output.</returns>
    public bool TryRead(OutputTensor[] outputs, int row, Span<float> scratch, out int likeliest, out float confidence)
    {
        (likeliest, confidence) = (0, float.NaN);
        foreach (var output in outputs)
        {
            if (output.Name != Output)
                continue;
            var numbers = scratch[..OutputWidth];
            Numbers(output.Type, output.Bytes, (_batched ? row : 0) * OutputWidth, numbers);
            for (int i = 0; i < numbers.Length; i++)
            {
                if (numbers[i] > confidence || (float.IsNaN(confidence) && !float.IsNaN(numbers[i])))
                    (likeliest, confidence) = (i, numbers[i]);
            }

            return true;
        }

        return false;
    }

    private long Width(TensorSpec spec) => Shape.ElementCount(_batched ? spec.Shape.AsSpan(1) : spec.Shape);

    private static void Numbers(TensorType type, ReadOnlySpan<byte> bytes, int first, Span<float> into)
    {
        int size = type.Size();
        if (size == 0 || bytes.Length < (long)(first + into.Length) * size)
        {
            into.Fill(float.NaN);
            return;
        }

        bytes = bytes.Slice(first * size, into.Length * size);
        if (type == TensorType.Fp32)
        {
            bytes.CopyTo(MemoryMarshal.AsBytes(into));
            return;
        }

        for (int i = 0; i < into.Length; i++)
            into[i] = Number(type, bytes.Slice(i * size, size));
    }

    private static float Number(TensorType type, ReadOnlySpan<byte> bytes) => type switch
    {
        TensorType.Bool or TensorType.Uint8 => bytes[0],
        TensorType.Int8 => (sbyte)bytes[0],
        TensorType.Uint16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        TensorType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        TensorType.Uint32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        TensorType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        TensorType.Uint64 => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        TensorType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        TensorType.Fp16 => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        TensorType.Bf16 => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadInt16LittleEndian(bytes) << 16),
        TensorType.Fp32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        TensorType.Fp64 => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        _ => float.NaN,
    };
}
