using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace EdgeServe.Engine.Inference;

/// <summary>The largest value of an output with one row: a classifier's answer.</summary>
internal static class TopAnswer
{
    /// <summary>More values than a classifier has classes: not worth a look on the way of a request.</summary>
    private const int MostValues = 65_536;

    /// <returns>Index and value; -1 when there is no such output, or none of a type that has a largest value.</returns>
    public static (int Index, double Value) Of(OutputTensor[] tensors, string output)
    {
        foreach (var tensor in tensors)
        {
            if (tensor.Name == output && tensor.ByteLength is > 0 and <= MostValues * sizeof(double))
                return Of(tensor);
        }

        return (-1, 0);
    }

    private static (int Index, double Value) Of(OutputTensor tensor)
    {
        switch (tensor.Type)
        {
            case TensorType.Fp32:
                var singles = MemoryMarshal.Cast<byte, float>(tensor.Bytes);
                int single = TensorPrimitives.IndexOfMax(singles);
                return (single, singles[single]);
            case TensorType.Fp64:
                var doubles = MemoryMarshal.Cast<byte, double>(tensor.Bytes);
                int index = TensorPrimitives.IndexOfMax(doubles);
                return (index, doubles[index]);
            default:
                return (-1, 0);
        }
    }
}
