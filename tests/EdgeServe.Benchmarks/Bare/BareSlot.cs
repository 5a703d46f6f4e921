using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime;

namespace EdgeServe.Bare;

/// <summary>Native input memory and the tensor over it, used again and again.</summary>
internal sealed class BareSlot(BareModel model)
{
    private static readonly ConcurrentStack<BareSlot> Free = new();
    private readonly nint _memory = model.NewInput();
    private OrtValue? _value;

    public OrtValue Value => _value ??= model.Over(_memory);

    public static BareSlot Rent(BareModel model) => Free.TryPop(out var slot) ? slot : new BareSlot(model);

    public void Return() => Free.Push(this);

    public unsafe void Write(ReadOnlySpan<byte> bytes, int at) => bytes.CopyTo(new Span<byte>((byte*)_memory + at, bytes.Length));
}
