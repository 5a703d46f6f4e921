namespace EdgeServe.Engine.Inference;

/// <summary>
/// One tensor of a request in native memory, row-major, little-endian. BYTES tensors are kept as they travel: each element
/// a uint32 length and its bytes.
/// </summary>
public sealed class Tensor(string name, TensorType type, long[] shape, TensorMemory memory, long byteLength)
{
    public string Name { get; } = name;

    public TensorType Type { get; } = type;

    public long[] Shape { get; } = shape;

    public TensorMemory Memory { get; } = memory;

    /// <summary>Bytes in use, at most <see cref="TensorMemory.Capacity"/>.</summary>
    public long ByteLength { get; } = byteLength;

    public unsafe ReadOnlySpan<byte> Bytes => new((void*)Memory.Pointer, checked((int)ByteLength));
}
