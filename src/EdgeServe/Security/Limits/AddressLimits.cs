using System.IO.Hashing;
using System.Net;
using System.Security.Cryptography;

namespace EdgeServe.Security.Limits;

/// <summary>
/// Buckets of those who have no key or a wrong one, by address: 32 KiB, however many addresses come. Two addresses may
/// share a bucket; whoever has a right key is counted by it and never meets this table, so all that a flood can take
/// from others is the room for wrong keys. Which addresses share is different on every box and after every start.
/// </summary>
internal sealed class AddressLimits(RateLimit limit)
{
    private const int Buckets = 4096;
    private const int NetworkBytes = 8;
    private readonly long[] _cells = new long[Buckets];
    private readonly long _seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));

    /// <summary>Counts a request of an address.</summary>
    public bool TryCount(IPAddress? address, long timestamp, out TimeSpan wait) =>
        limit.TryTake(ref _cells[Bucket(address)], timestamp, out wait);

    /// <summary>One IPv4 address, or one IPv6 network of 64 bits, which every host has to itself.</summary>
    private int Bucket(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !address.TryWriteBytes(bytes, out int length))
            return 0;
        var significant = length == 4 ? bytes[..4] : address.IsIPv4MappedToIPv6 ? bytes[12..] : bytes[..NetworkBytes];
        return (int)(XxHash3.HashToUInt64(significant, _seed) % Buckets);
    }
}
