namespace EdgeServe.Engine.Inference.Oip;

/// <summary>One entry of <c>inputs</c> while it arrives.</summary>
internal sealed class OipInput
{
    public string? Name { get; set; }

    public TensorType? Type { get; set; }

    public long[]? Shape { get; set; }

    /// <summary>-1: not sent as binary data.</summary>
    public long BinaryDataSize { get; set; } = -1;

    public bool HasParameters { get; set; }

    public bool HasData { get; set; }

    /// <summary>Element type <c>data</c> was read as.</summary>
    public TensorType DataType { get; set; }

    /// <summary>Elements of a BYTES tensor read from JSON.</summary>
    public long Elements { get; set; }

    /// <summary>The finished <c>data</c>, its only reference held here until the tensor takes it.</summary>
    public TensorMemory? Memory { get; set; }

    public long ByteLength { get; set; }

    /// <summary><c>data</c> as text, where it came before anything that says how to read it.</summary>
    public List<byte>? Parked { get; set; }
}
