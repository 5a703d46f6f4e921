namespace EdgeServe.Engine.Inference;

/// <summary>One tensor of an answer: a view into memory that its <see cref="RunOutputs"/> keeps alive.</summary>
/// <param name="Name">Output name.</param>
/// <param name="Type">Element type; BYTES elements each with their uint32 length, as they travel.</param>
/// <param name="Shape">Dimensions, none negative.</param>
/// <param name="Pointer">First byte.</param>
/// <param name="ByteLength">Length in bytes.</param>
public readonly record struct OutputTensor(string Name, TensorType Type, long[] Shape, nint Pointer, long ByteLength)
{
    public unsafe ReadOnlySpan<byte> Bytes => new((void*)Pointer, checked((int)ByteLength));

    /// <summary>A piece of the tensor, for writers that send it in parts.</summary>
    public unsafe ReadOnlySpan<byte> Slice(long offset, int length) => new((byte*)Pointer + offset, length);
}
