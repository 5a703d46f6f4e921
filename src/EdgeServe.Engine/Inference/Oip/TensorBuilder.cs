namespace EdgeServe.Engine.Inference.Oip;

/// <summary>Tensor memory that grows while its tensor arrives: exact where the size is known, doubling where it is not.</summary>
internal struct TensorBuilder(TensorMemoryPool pool) : IDisposable
{
    private const long FirstBytes = 4096;
    private TensorMemory? _memory;

    /// <summary>Bytes written.</summary>
    public long Length;

    public readonly long Capacity => _memory?.Capacity ?? 0;

    public readonly nint Pointer => _memory?.Pointer ?? 0;

    /// <summary>Makes room for <paramref name="more"/> bytes behind <see cref="Length"/>.</summary>
    public void Ensure(long more)
    {
        long needed = Length + more;
        if (needed <= Capacity && _memory is not null)
            return;
        var larger = pool.Rent(Math.Max(needed, Math.Max(FirstBytes, _memory is null ? 0 : Capacity * 2)));
        Replace(larger);
    }

    /// <summary>Makes room for exactly <paramref name="bytes"/> bytes in all.</summary>
    public void Reserve(long bytes)
    {
        if (bytes > Capacity || _memory is null)
            Replace(pool.Rent(bytes));
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Ensure(bytes.Length);
        bytes.CopyTo(_memory!.Span(Length, bytes.Length));
        Length += bytes.Length;
    }

    public readonly Span<byte> Span(long offset, int length) => _memory!.Span(offset, length);

    /// <summary>Hands the memory over, with its one reference.</summary>
    public TensorMemory Detach()
    {
        Ensure(0);
        var memory = _memory!;
        _memory = null;
        Length = 0;
        return memory;
    }

    public void Dispose()
    {
        _memory?.Release();
        _memory = null;
        Length = 0;
    }

    private unsafe void Replace(TensorMemory larger)
    {
        if (_memory is { } old)
        {
            Buffer.MemoryCopy((void*)old.Pointer, (void*)larger.Pointer, larger.Capacity, Length);
            old.Release();
        }

        _memory = larger;
    }
}
