using System.Numerics;

namespace EdgeServe.Engine.Inference;

/// <summary>
/// Hands out native tensor memory and keeps the bytes in flight under one bound, so that load is refused (503) instead
/// of ending in the kernel's out-of-memory killer. Returned blocks are kept by power-of-two size class for the next
/// request, up to a bound, and given back to the system by <see cref="Trim"/> when the box is idle.
/// <para>A share of it (<see cref="Share"/>) is a pool for one owner: the same memory under a second, smaller bound, so that
/// nobody can hold all of it.</para>
/// </summary>
public sealed class TensorMemoryPool : IDisposable
{
    public const long DefaultMaxBytesInFlight = 512L << 20;
    private const long MaxBytesKept = 32L << 20;
    private const int SmallestClassBits = 8;
    private const long LargestOwn = 16 << 10;

    /// <summary>A thread's own small block: the same thread mostly rents what it has just returned.</summary>
    [ThreadStatic]
    private static OwnBlock? _own;

    private readonly Stack<TensorMemory>[] _free = new Stack<TensorMemory>[48];

    /// <summary>By size class, how many kept blocks nobody needed since the last trim.</summary>
    private readonly int[] _spare = new int[48];
    private readonly long _maxBytesInFlight;
    private readonly TensorMemoryPool? _whole;
    private long _inFlight;
    private long _kept;
    private volatile bool _disposed;

    public TensorMemoryPool(long maxBytesInFlight = DefaultMaxBytesInFlight)
    {
        _maxBytesInFlight = maxBytesInFlight;
        for (int i = 0; i < _free.Length; i++)
            _free[i] = new Stack<TensorMemory>();
    }

    private TensorMemoryPool(TensorMemoryPool whole, long maxBytesInFlight)
    {
        _whole = whole;
        _maxBytesInFlight = maxBytesInFlight;
        _free = [];
    }

    /// <summary>Bytes in flight now, blocks and reservations.</summary>
    public long BytesInFlight => Volatile.Read(ref _inFlight);

    /// <summary>Bytes kept for the next request.</summary>
    public long BytesKept => Volatile.Read(ref _kept);

    public long MaxBytesInFlight => _maxBytesInFlight;

    /// <summary>Of this pool's memory no more than so much, for one owner. It keeps nothing itself and need not be disposed.</summary>
    public TensorMemoryPool Share(long most) => new(this, most);

    /// <summary>Counts bytes that live elsewhere (a request body still to come, an output) against the same bound.</summary>
    /// <exception cref="ServingException"><see cref="ServingError.OutOfTensorMemory"/>; safe to retry.</exception>
    public void Reserve(long bytes)
    {
        if (!TryReserve(bytes))
            throw Exhausted(bytes);
    }

    public bool TryReserve(long bytes)
    {
        if (Interlocked.Add(ref _inFlight, bytes) <= _maxBytesInFlight && _whole?.TryReserve(bytes) != false)
            return true;
        Interlocked.Add(ref _inFlight, -bytes);
        return false;
    }

    /// <summary>Counts bytes that exist already and cannot be refused any more (a model's output).</summary>
    public void Account(long bytes) => Interlocked.Add(ref _inFlight, bytes);

    /// <summary>Counts bytes, of an answer that its owner still has to fetch, against a share. The whole has counted them already.</summary>
    public void AccountOwn(long bytes)
    {
        if (_whole is not null)
            Interlocked.Add(ref _inFlight, bytes);
    }

    public void Unreserve(long bytes)
    {
        Interlocked.Add(ref _inFlight, -bytes);
        _whole?.Unreserve(bytes);
    }

    /// <summary>Rents a block of at least <paramref name="bytes"/> bytes with one reference held; its content is undefined.</summary>
    /// <exception cref="ServingException"><see cref="ServingError.OutOfTensorMemory"/>; safe to retry.</exception>
    public TensorMemory Rent(long bytes)
    {
        int sizeClass = ClassOf(bytes);
        long capacity = 1L << sizeClass;
        if (_whole is not null)
            return RentOfWhole(bytes, capacity);
        Reserve(capacity);
        if (_own is { Block: { } own } holder && own.SizeClass == sizeClass && own.BelongsTo(this))
        {
            holder.Block = null;
            own.Rented();
            return own;
        }

        TensorMemory? block;
        lock (_free)
        {
            if (_free[sizeClass].TryPop(out block))
                _kept -= capacity;
            _spare[sizeClass] = Math.Min(_spare[sizeClass], _free[sizeClass].Count);
        }

        try
        {
            block ??= new TensorMemory(this, capacity, sizeClass);
        }
        catch (OutOfMemoryException)
        {
            Unreserve(capacity);
            throw Exhausted(bytes);
        }

        block.Rented();
        return block;
    }

    internal void Return(TensorMemory block)
    {
        if (block.Share is { } share)
        {
            block.Share = null;
            Interlocked.Add(ref share._inFlight, -block.Capacity);
        }

        Interlocked.Add(ref _inFlight, -block.Capacity);
        if (block.Capacity <= LargestOwn && !_disposed)
        {
            var holder = _own ??= new OwnBlock();
            if (holder.Block is null)
            {
                holder.Block = block;
                return;
            }
        }

        lock (_free)
        {
            if (!_disposed && _kept + block.Capacity <= MaxBytesKept)
            {
                _kept += block.Capacity;
                _free[block.SizeClass].Push(block);
                return;
            }
        }

        block.Free();
    }

    /// <summary>Frees what was kept all the time since the last call: everything when the box is idle, what a burst left behind when it is not. Called every few seconds.</summary>
    /// <returns>Bytes that were freed.</returns>
    public long Trim()
    {
        lock (_free)
        {
            long before = _kept;
            for (int sizeClass = 0; sizeClass < _free.Length; sizeClass++)
            {
                Free(sizeClass, _spare[sizeClass]);
                _spare[sizeClass] = _free[sizeClass].Count;
            }

            return before - _kept;
        }
    }

    public void Dispose()
    {
        lock (_free)
        {
            _disposed = true;
            for (int sizeClass = 0; sizeClass < _free.Length; sizeClass++)
                Free(sizeClass, int.MaxValue);
        }
    }

    /// <summary>A share counts for itself; the memory is the whole's, and so is what becomes of it.</summary>
    private TensorMemory RentOfWhole(long bytes, long capacity)
    {
        if (Interlocked.Add(ref _inFlight, capacity) > _maxBytesInFlight)
        {
            Interlocked.Add(ref _inFlight, -capacity);
            throw Exhausted(bytes);
        }

        try
        {
            var block = _whole!.Rent(bytes);
            block.Share = this;
            return block;
        }
        catch (ServingException)
        {
            Interlocked.Add(ref _inFlight, -capacity);
            throw;
        }
    }

    /// <summary>Frees what the calling thread kept for itself: it is about to end. Any other thread's goes when the collector finds it gone.</summary>
    internal static void LeaveThread()
    {
        var block = _own?.Block;
        _own?.Block = null;
        block?.Free();
    }

    private void Free(int sizeClass, int most)
    {
        for (int i = 0; i < most && _free[sizeClass].TryPop(out var block); i++)
        {
            _kept -= block.Capacity;
            block.Free();
        }
    }

    private int ClassOf(long bytes)
    {
        if (bytes > 1L << 46)
            throw Exhausted(bytes);
        return bytes <= 1 << SmallestClassBits ? SmallestClassBits : BitOperations.Log2((ulong)(bytes - 1)) + 1;
    }

    /// <summary>Threads end: what one kept for itself is freed.</summary>
    private sealed class OwnBlock
    {
        public TensorMemory? Block { get; set; }

        ~OwnBlock() => Block?.Free();
    }

    private ServingException Exhausted(long bytes) =>
        new(ServingError.OutOfTensorMemory,
            $"no tensor memory for {bytes} more bytes: {(_whole is null ? "the server is at its bound of bytes in flight" : "your requests hold as much of it as one key may")}",
            "Retry after a moment, send smaller batches, or raise Limits:MaxBytesInFlight.")
        { RetryAfter = TimeSpan.FromSeconds(1) };
}
