using System.Text;

namespace EdgeServe.Engine.Inference;

/// <summary>Names and sizes of <see cref="TensorType"/>.</summary>
public static class TensorTypes
{
    private static readonly string[] Names =
        ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "BF16", "FP32", "FP64", "BYTES"];

    private static readonly byte[] Sizes = [1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 2, 4, 8, 0];

    /// <summary>The protocol's name, such as <c>FP32</c>.</summary>
    public static string Name(this TensorType type) => Names[(int)type];

    /// <summary>Bytes of one element; 0 for <see cref="TensorType.Bytes"/>, whose elements vary.</summary>
    public static int Size(this TensorType type) => Sizes[(int)type];

    /// <summary>True for the two 16-bit floats, which never travel as JSON.</summary>
    public static bool IsBinaryOnly(this TensorType type) => type is TensorType.Fp16 or TensorType.Bf16;

    public static bool TryParse(ReadOnlySpan<byte> utf8, out TensorType type)
    {
        for (int i = 0; i < Names.Length; i++)
        {
            if (Ascii.Equals(utf8, Names[i]))
            {
                type = (TensorType)i;
                return true;
            }
        }

        type = default;
        return false;
    }

    public static bool TryParse(string name, out TensorType type)
    {
        int i = Array.IndexOf(Names, name);
        type = i < 0 ? default : (TensorType)i;
        return i >= 0;
    }
}
