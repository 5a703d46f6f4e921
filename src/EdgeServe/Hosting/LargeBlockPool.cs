using System.Buffers;
using System.Runtime.InteropServices;

namespace EdgeServe.Hosting;

/// <summary>
/// Blocks of memory for sockets and pipes. While much is rented out - thousands of connections at once - new blocks
/// are small, so that connections alone cannot fill a small board's memory.
/// </summary>
internal sealed class LargeBlockPool : MemoryPool<byte>
{
    public const int LargeBytes = 128 << 10;
    private const int SmallBytes = 4 << 10;
    private const long LargeBytesRentedAtMost = 24L << 20;

    private readonly Stack<Block> _large = new();
    private readonly Stack<Block> _small = new();
    private long _rented;
    private int _leastFree;
    private bool _disposed;

    public override int MaxBufferSize => LargeBytes;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        if (minBufferSize > LargeBytes)
            throw new ArgumentOutOfRangeException(nameof(minBufferSize), minBufferSize, $"blocks have at most {LargeBytes} bytes");
        Block? block;
        int size;
        lock (_large)
        {
            size = minBufferSize > SmallBytes || _rented < LargeBytesRentedAtMost ? LargeBytes : SmallBytes;
            var free = size == LargeBytes ? _large : _small;
            _rented += size;
            free.TryPop(out block);
            _leastFree = Math.Min(_leastFree, _large.Count + _small.Count);
        }

        block ??= new Block(this, size);
        return block;
    }

    /// <summary>Lets go of the blocks that stayed unused since the last call.</summary>
    /// <returns>Their bytes; the garbage collector gives them back.</returns>
    public long Trim()
    {
        long freed = 0;
        lock (_large)
        {
            for (int i = 0; i < _leastFree; i++)
            {
                if (_large.TryPop(out var block) || _small.TryPop(out block))
                    freed += block.Size;
            }

            _leastFree = _large.Count + _small.Count;
        }

        return freed;
    }

    protected override void Dispose(bool disposing)
    {
        lock (_large)
        {
            _disposed = true;
            _large.Clear();
            _small.Clear();
        }
    }

    private void Return(Block block)
    {
        lock (_large)
        {
            _rented -= block.Size;
            if (!_disposed)
                (block.Size == LargeBytes ? _large : _small).Push(block);
        }
    }

    private sealed class Block(LargeBlockPool pool, int size) : IMemoryOwner<byte>
    {
        // An array, because the socket layer gathers several blocks into one send and takes only arrays for that; pinned,
        // because the kernel writes into it.
        public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(size, pinned: true), 0, size);

        public int Size => size;

        /// <summary>Back to the pool: the owner is the block itself, so renting allocates nothing.</summary>
        public void Dispose() => pool.Return(this);
    }
}
