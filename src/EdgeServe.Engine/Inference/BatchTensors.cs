using System.Buffers.Binary;

namespace EdgeServe.Engine.Inference;

/// <summary>Several requests' tensors as one, and one output as several requests' views.</summary>
internal static class BatchTensors
{
    /// <summary>Copies the inputs one behind the other along the first dimension. The caller releases the memory.</summary>
    public static List<Tensor> Gather(List<WorkItem> items, TensorMemoryPool pool)
    {
        var first = items[0].Inputs;
        var gathered = new List<Tensor>(first.Length);
        try
        {
            for (int i = 0; i < first.Length; i++)
                gathered.Add(Concatenate(items, i, pool));
            return gathered;
        }
        catch
        {
            gathered.ForEach(t => t.Memory.Release());
            throw;
        }
    }

    /// <returns>One view a request, each with its own reference; null when the model does not keep the batch in its first dimension.</returns>
    public static RunOutputs[]? Scatter(RunOutputs whole, List<WorkItem> items)
    {
        long rows = 0;
        foreach (var item in items)
            rows += item.Request.BatchSize;
        foreach (var tensor in whole.Tensors)
        {
            if (tensor.Shape.Length == 0 || tensor.Shape[0] != rows)
                return null;
        }

        whole.Retain(items.Count - 1);
        var slices = new RunOutputs[items.Count];
        var offsets = new long[whole.Tensors.Length];
        var share = new SharedOutputs(whole);
        for (int i = 0; i < items.Count; i++)
            slices[i] = new RunOutputs(Slice(whole, items[i].Request.BatchSize, rows, offsets), share);
        return slices;
    }

    private static Tensor Concatenate(List<WorkItem> items, int input, TensorMemoryPool pool)
    {
        long bytes = 0, rows = 0;
        foreach (var item in items)
        {
            bytes += item.Inputs[input].ByteLength;
            rows += item.Inputs[input].Shape[0];
        }

        var model = items[0].Inputs[input];
        var memory = pool.Rent(bytes);
        long offset = 0;
        foreach (var item in items)
        {
            var source = item.Inputs[input].Bytes;
            source.CopyTo(memory.Span(offset, source.Length));
            offset += source.Length;
        }

        long[] shape = [rows, .. model.Shape.AsSpan(1)];
        return new Tensor(model.Name, model.Type, shape, memory, bytes);
    }

    private static OutputTensor[] Slice(RunOutputs whole, int batchSize, long rows, long[] offsets)
    {
        var tensors = new OutputTensor[whole.Tensors.Length];
        for (int t = 0; t < tensors.Length; t++)
        {
            var tensor = whole.Tensors[t];
            long[] shape = [batchSize, .. tensor.Shape.AsSpan(1)];
            long length = tensor.Type == TensorType.Bytes
                ? WireLength(tensor, offsets[t], Shape.ElementCount(shape))
                : tensor.ByteLength / rows * batchSize;
            tensors[t] = new OutputTensor(tensor.Name, tensor.Type, shape, tensor.Pointer + (nint)offsets[t], length);
            offsets[t] += length;
        }

        return tensors;
    }

    private static long WireLength(OutputTensor tensor, long offset, long elements)
    {
        long length = 0;
        for (long i = 0; i < elements; i++)
            length += sizeof(uint) + BinaryPrimitives.ReadUInt32LittleEndian(tensor.Slice(offset + length, sizeof(uint)));
        return length;
    }

    private sealed class SharedOutputs(RunOutputs whole) : IDisposable
    {
        public void Dispose() => whole.Release();
    }
}
