using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace EdgeServe.Engine.Inference;

/// <summary>The classification extension: the top k of an output as strings <c>value:index[:label]</c>.</summary>
internal static class Classification
{
    /// <summary>Replaces the outputs for which classes were asked; takes over <paramref name="outputs"/>.</summary>
    public static InferResponse Apply(InferRequest request, RunOutputs outputs, TensorMemoryPool pool)
    {
        var tensors = new OutputTensor[outputs.Tensors.Length];
        var own = new List<TensorMemory>();
        try
        {
            for (int i = 0; i < tensors.Length; i++)
            {
                int k = Array.Find(request.Outputs, o => o.Name == outputs.Tensors[i].Name).Classification;
                tensors[i] = k > 0 ? Classes(request, outputs.Tensors[i], k, pool, own) : outputs.Tensors[i];
            }

            return new InferResponse(request, tensors, outputs, [.. own]);
        }
        catch
        {
            own.ForEach(m => m.Release());
            outputs.Release();
            throw;
        }
    }

    private static OutputTensor Classes(InferRequest request, OutputTensor tensor, int k, TensorMemoryPool pool, List<TensorMemory> own)
    {
        bool batched = request.Model.MaxBatchSize > 0;
        long rows = batched ? tensor.Shape[0] : 1;
        long elements = Shape.ElementCount(tensor.Shape);
        int perRow = rows == 0 ? 0 : checked((int)(elements / rows));
        int count = Math.Min(k, perRow);
        string[]? labels = request.Model.Labels.GetValueOrDefault(tensor.Name);
        var wire = new List<byte>();
        for (long row = 0; row < rows; row++)
        {
            foreach (var (index, text) in Top(tensor, checked((int)row * perRow), perRow, count))
                Append(wire, labels is not null && index < labels.Length ? $"{text}:{index}:{labels[index]}" : $"{text}:{index}");
        }

        var memory = pool.Rent(wire.Count);
        own.Add(memory);
        CollectionsMarshal.AsSpan(wire).CopyTo(memory.Span(0, wire.Count));
        long[] shape = batched ? [rows, count] : [count];
        return new OutputTensor(tensor.Name, TensorType.Bytes, shape, memory.Pointer, wire.Count);
    }

    private static void Append(List<byte> wire, string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)utf8.Length);
        wire.AddRange(length);
        wire.AddRange(utf8);
    }

    private static IEnumerable<(int Index, string Text)> Top(OutputTensor tensor, int first, int length, int count) => tensor.Type switch
    {
        TensorType.Fp32 => Top<float>(tensor, first, length, count, "F6"),
        TensorType.Fp64 => Top<double>(tensor, first, length, count, "F6"),
        TensorType.Fp16 => Top<Half>(tensor, first, length, count, "F6"),
        TensorType.Int8 => Top<sbyte>(tensor, first, length, count, null),
        TensorType.Int16 => Top<short>(tensor, first, length, count, null),
        TensorType.Int32 => Top<int>(tensor, first, length, count, null),
        TensorType.Int64 => Top<long>(tensor, first, length, count, null),
        TensorType.Uint8 => Top<byte>(tensor, first, length, count, null),
        TensorType.Uint16 => Top<ushort>(tensor, first, length, count, null),
        TensorType.Uint32 => Top<uint>(tensor, first, length, count, null),
        TensorType.Uint64 => Top<ulong>(tensor, first, length, count, null),
        _ => throw ServingException.Invalid($"class result not available for output '{tensor.Name}' due to unsupported type '{tensor.Type.Name()}'"),
    };

    private static List<(int Index, string Text)> Top<T>(OutputTensor tensor, int first, int length, int count, string? format)
        where T : unmanaged, INumber<T>
    {
        var values = MemoryMarshal.Cast<byte, T>(tensor.Bytes).Slice(first, length);
        var order = new int[length];
        var keys = values.ToArray();
        for (int i = 0; i < length; i++)
            order[i] = i;
        Array.Sort(order, (a, b) => keys[b].CompareTo(keys[a]) is var c && c != 0 ? c : a - b);
        return [.. order.Take(count).Select(i => (i, keys[i].ToString(format, CultureInfo.InvariantCulture)))];
    }
}
