using System.Buffers.Binary;

namespace EdgeServe.Engine.Inference.Oip;

/// <summary>What binary tensors must satisfy before anything else reads them.</summary>
internal static class BinaryTensors
{
    /// <summary>Bytes the declared shape takes.</summary>
    /// <exception cref="ServingException">The product overflows.</exception>
    public static long ExpectedBytes(OipInput input) => ExpectedBytes(input.Name!, input.Type!.Value, input.Shape!);

    /// <inheritdoc cref="ExpectedBytes(OipInput)"/>
    public static long ExpectedBytes(string name, TensorType type, ReadOnlySpan<long> shape)
    {
        long elements = Shape.ElementCount(shape);
        if (elements < 0 || elements > long.MaxValue / 8)
            throw ServingException.Invalid($"shape {Shape.Text(shape)} of input '{name}' has more elements than can be counted");
        return elements * type.Size();
    }

    public static void CheckBytes(OipInput input) => CheckBytes(input.Name!, input.Shape!, input.Memory!, input.ByteLength);

    /// <summary>Every length stays inside the tensor and there are as many elements as the shape says.</summary>
    public static void CheckBytes(string name, ReadOnlySpan<long> shape, TensorMemory memory, long byteLength)
    {
        long expected = Shape.ElementCount(shape);
        if (expected < 0)
            throw ServingException.Invalid($"shape {Shape.Text(shape)} of input '{name}' has more elements than can be counted");
        long offset = 0, count = 0;
        while (offset < byteLength)
        {
            if (byteLength - offset < sizeof(uint))
                throw Broken(name, "ends inside an element's length");
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(memory.Span(offset, sizeof(uint)));
            offset += sizeof(uint) + (long)length;
            if (offset > byteLength)
                throw Broken(name, $"has an element of {length} bytes that reaches beyond the data");
            count++;
        }

        if (count != expected)
            throw Broken(name, $"has {count} elements, but shape {Shape.Text(shape)} takes {expected}");
    }

    public static void CheckBool(OipInput input) => CheckBool(input.Name!, input.Memory!, input.ByteLength);

    /// <summary>Any byte but 0 counts as true on the wire; the engine knows only 0 and 1.</summary>
    public static unsafe void CheckBool(string name, TensorMemory memory, long byteLength)
    {
        var bytes = new Span<byte>((void*)memory.Pointer, checked((int)byteLength));
        int wrong = bytes.IndexOfAnyExceptInRange((byte)0, (byte)1);
        if (wrong >= 0)
            throw Broken(name, $"has the byte {bytes[wrong]} where BOOL takes 0 or 1");
    }

    private static ServingException Broken(string name, string how) =>
        ServingException.Invalid($"binary data of input '{name}' {how}");
}
