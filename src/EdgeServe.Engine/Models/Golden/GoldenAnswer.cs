using System.Runtime.InteropServices;
using EdgeServe.Engine.Inference;

namespace EdgeServe.Engine.Models.Golden;

/// <summary>An answer as checks look at it: numbers by output and position.</summary>
internal sealed class GoldenAnswer(OutputTensor[] tensors)
{
    /// <exception cref="InvalidDataException">The model has no such output.</exception>
    public OutputTensor Tensor(string output)
    {
        int index = Array.FindIndex(tensors, t => t.Name == output);
        return index >= 0 ? tensors[index] : throw new InvalidDataException($"the answer has no output '{output}'; it has {string.Join(", ", tensors.Select(t => t.Name))}");
    }

    /// <summary>All elements of a numeric output.</summary>
    public double[] Numbers(string output)
    {
        var tensor = Tensor(output);
        return tensor.Type switch
        {
            TensorType.Fp32 => Widen<float>(tensor, v => v),
            TensorType.Fp64 => Widen<double>(tensor, v => v),
            TensorType.Fp16 => Widen<Half>(tensor, v => (double)v),
            TensorType.Bf16 => Widen<ushort>(tensor, v => BitConverter.UInt32BitsToSingle((uint)v << 16)),
            TensorType.Int8 => Widen<sbyte>(tensor, v => v),
            TensorType.Int16 => Widen<short>(tensor, v => v),
            TensorType.Int32 => Widen<int>(tensor, v => v),
            TensorType.Int64 => Widen<long>(tensor, v => v),
            TensorType.Uint8 or TensorType.Bool => Widen<byte>(tensor, v => v),
            TensorType.Uint16 => Widen<ushort>(tensor, v => v),
            TensorType.Uint32 => Widen<uint>(tensor, v => v),
            TensorType.Uint64 => Widen<ulong>(tensor, v => v),
            _ => throw new InvalidDataException($"output '{output}' holds {tensor.Type.Name()}, which has no numbers to compare"),
        };
    }

    private static double[] Widen<T>(OutputTensor tensor, Func<T, double> widen)
        where T : unmanaged
    {
        var values = MemoryMarshal.Cast<byte, T>(tensor.Bytes);
        var numbers = new double[values.Length];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = widen(values[i]);
        return numbers;
    }
}
