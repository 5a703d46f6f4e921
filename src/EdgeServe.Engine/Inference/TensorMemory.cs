using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgeServe.Engine.Inference;

/// <summary>
/// A block of native memory for one tensor, aligned for vector loads and owned by a <see cref="TensorMemoryPool"/>.
/// Reference counted: a request and the thread that runs it each hold it, so that a client can be answered at its
/// deadline while the engine still reads the block.
/// </summary>
public sealed unsafe class TensorMemory
{
    internal const int Alignment = 64;

    private readonly TensorMemoryPool _pool;
    private int _references;

    internal TensorMemory(TensorMemoryPool pool, long capacity, int sizeClass)
    {
        _pool = pool;
        Capacity = capacity;
        SizeClass = sizeClass;
        Pointer = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(capacity, Alignment), Alignment);
        GC.AddMemoryPressure(Math.Max(capacity, Alignment));
    }

    public nint Pointer { get; private set; }

    public long Capacity { get; }

    internal int SizeClass { get; }

    /// <summary>Against whose share it counts too; null: nobody's.</summary>
    internal TensorMemoryPool? Share { get; set; }

    /// <summary>What the session layer remembers about this block between requests (a native tensor value over it).</summary>
    internal IDisposable? Attachment { get; set; }

    public Span<byte> Span(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, Capacity);
        return new Span<byte>((byte*)Pointer + offset, length);
    }

    public void Retain() => Interlocked.Increment(ref _references);

    public void Release()
    {
        int left = Interlocked.Decrement(ref _references);
        if (left == 0)
            _pool.Return(this);
        else if (left < 0)
            throw new InvalidOperationException("Tensor memory was released more often than it was retained.");
    }

    internal bool BelongsTo(TensorMemoryPool pool) => ReferenceEquals(_pool, pool);

    internal void Rented() => _references = 1;

    internal void Free()
    {
        Attachment?.Dispose();
        Attachment = null;
        NativeMemory.AlignedFree((void*)Pointer);
        GC.RemoveMemoryPressure(Math.Max(Capacity, Alignment));
        Pointer = 0;
    }
}
