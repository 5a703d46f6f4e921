using System.Buffers.Binary;
using EdgeServe.Engine.Inference;
using Microsoft.ML.OnnxRuntime;

namespace EdgeServe.Engine.Sessions;

/// <summary>The protocol's tensors as native ONNX values: without a copy, except for strings, which the engine keeps its own way.</summary>
internal static class OnnxTensors
{
    /// <summary>A value over the tensor's own memory. Owned by the memory block and reused while type and shape stay the same.</summary>
    public static OrtValue View(Tensor tensor)
    {
        if (tensor.Memory.Attachment is AttachedValue attached && attached.Fits(tensor))
            return attached.Value;
        tensor.Memory.Attachment?.Dispose();
        tensor.Memory.Attachment = null;
        var fresh = new AttachedValue(tensor);
        tensor.Memory.Attachment = fresh;
        return fresh.Value;
    }

    /// <summary>A string tensor copied from wire form. The caller disposes it.</summary>
    public static OrtValue Strings(Tensor tensor)
    {
        var value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, tensor.Shape);
        var rest = tensor.Bytes;
        for (int i = 0; rest.Length > 0; i++)
        {
            int length = checked((int)BinaryPrimitives.ReadUInt32LittleEndian(rest));
            value.StringTensorSetElementAt(rest.Slice(sizeof(uint), length), i);
            rest = rest[(sizeof(uint) + length)..];
        }

        return value;
    }

    /// <summary>A string tensor's elements in wire form, in a block rented from <paramref name="pool"/>.</summary>
    public static TensorMemory ToWire(OrtValue value, int count, TensorMemoryPool pool, out long byteLength)
    {
        long total = 0;
        for (int i = 0; i < count; i++)
            total += sizeof(uint) + value.GetStringElementAsSpan(i).Length;
        var memory = pool.Rent(total);
        long offset = 0;
        for (int i = 0; i < count; i++)
        {
            var element = value.GetStringElementAsSpan(i);
            BinaryPrimitives.WriteUInt32LittleEndian(memory.Span(offset, sizeof(uint)), (uint)element.Length);
            element.CopyTo(memory.Span(offset + sizeof(uint), element.Length));
            offset += sizeof(uint) + element.Length;
        }

        byteLength = total;
        return memory;
    }

    private sealed class AttachedValue : IDisposable
    {
        private readonly TensorType _type;
        private readonly long[] _shape;

        public AttachedValue(Tensor tensor)
        {
            _type = tensor.Type;
            _shape = tensor.Shape;
            Value = OrtValue.CreateTensorValueWithData(
                OrtMemoryInfo.DefaultInstance, OnnxTypes.ToOnnx(tensor.Type), tensor.Shape, tensor.Memory.Pointer, tensor.ByteLength);
        }

        public OrtValue Value { get; }

        public bool Fits(Tensor tensor) => _type == tensor.Type && _shape.AsSpan().SequenceEqual(tensor.Shape);

        public void Dispose() => Value.Dispose();
    }
}
