using EdgeServe.Engine.Inference;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace EdgeServe.Engine.Sessions;

/// <summary>ONNX element types and the protocol's.</summary>
internal static class OnnxTypes
{
    public static TensorType? FromOnnx(TensorElementType type) => type switch
    {
        TensorElementType.Bool => TensorType.Bool,
        TensorElementType.UInt8 => TensorType.Uint8,
        TensorElementType.UInt16 => TensorType.Uint16,
        TensorElementType.UInt32 => TensorType.Uint32,
        TensorElementType.UInt64 => TensorType.Uint64,
        TensorElementType.Int8 => TensorType.Int8,
        TensorElementType.Int16 => TensorType.Int16,
        TensorElementType.Int32 => TensorType.Int32,
        TensorElementType.Int64 => TensorType.Int64,
        TensorElementType.Float16 => TensorType.Fp16,
        TensorElementType.BFloat16 => TensorType.Bf16,
        TensorElementType.Float => TensorType.Fp32,
        TensorElementType.Double => TensorType.Fp64,
        TensorElementType.String => TensorType.Bytes,
        _ => null,
    };

    public static TensorElementType ToOnnx(TensorType type) => type switch
    {
        TensorType.Bool => TensorElementType.Bool,
        TensorType.Uint8 => TensorElementType.UInt8,
        TensorType.Uint16 => TensorElementType.UInt16,
        TensorType.Uint32 => TensorElementType.UInt32,
        TensorType.Uint64 => TensorElementType.UInt64,
        TensorType.Int8 => TensorElementType.Int8,
        TensorType.Int16 => TensorElementType.Int16,
        TensorType.Int32 => TensorElementType.Int32,
        TensorType.Int64 => TensorElementType.Int64,
        TensorType.Fp16 => TensorElementType.Float16,
        TensorType.Bf16 => TensorElementType.BFloat16,
        TensorType.Fp32 => TensorElementType.Float,
        TensorType.Fp64 => TensorElementType.Double,
        TensorType.Bytes => TensorElementType.String,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };
}
