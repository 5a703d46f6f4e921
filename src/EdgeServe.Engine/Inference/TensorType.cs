namespace EdgeServe.Engine.Inference;

/// <summary>Element types of the Open Inference Protocol v2, in the protocol's own order.</summary>
public enum TensorType : byte
{
    Bool,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Int8,
    Int16,
    Int32,
    Int64,
    Fp16,
    Bf16,
    Fp32,
    Fp64,

    /// <summary>Byte strings of any length: on the wire each element is a little-endian uint32 length and its bytes.</summary>
    Bytes,
}
