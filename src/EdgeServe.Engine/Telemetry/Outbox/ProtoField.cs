namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>One field as it stands on the wire.</summary>
/// <param name="number">Of the field.</param>
/// <param name="wireType">0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes.</param>
/// <param name="content">Behind the tag, and behind the length where there is one.</param>
/// <param name="whole">With tag and length.</param>
internal readonly ref struct ProtoField(int number, int wireType, ReadOnlySpan<byte> content, ReadOnlySpan<byte> whole)
{
    public int Number { get; } = number;

    public int WireType { get; } = wireType;

    public ReadOnlySpan<byte> Content { get; } = content;

    public ReadOnlySpan<byte> Whole { get; } = whole;

    public bool IsMessage(int number) => Number == number && WireType == 2;
}
