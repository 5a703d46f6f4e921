using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace EdgeServe.Security.Keys;

/// <summary>
/// SHA-256 of a key's 256 random bits. No slow hash: those exist to make guessing weak secrets dear, and nobody guesses
/// 256 bits; here it would only let wrong keys keep the processor busy. Comparing takes the same time wherever two
/// differ; the place in a table depends on the hash alone, which a caller cannot steer towards one he does not know.
/// </summary>
internal readonly struct KeyHash : IEquatable<KeyHash>
{
    public const int Bytes = SHA256.HashSizeInBytes;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    private KeyHash(ulong a, ulong b, ulong c, ulong d) => (_a, _b, _c, _d) = (a, b, c, d);

    /// <summary>The hash of a secret.</summary>
    public static KeyHash Of(ReadOnlySpan<byte> secret)
    {
        Span<byte> hash = stackalloc byte[Bytes];
        SHA256.HashData(secret, hash);
        return Read(hash);
    }

    /// <summary>A hash as it was written.</summary>
    public static bool TryParse(string hex, out KeyHash hash)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        bool good = hex.Length == 2 * Bytes && Convert.FromHexString(hex, bytes, out _, out _) == System.Buffers.OperationStatus.Done;
        hash = good ? Read(bytes) : default;
        return good;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    public bool Equals(KeyHash other) => ((_a ^ other._a) | (_b ^ other._b) | (_c ^ other._c) | (_d ^ other._d)) == 0;

    public override bool Equals(object? obj) => obj is KeyHash other && Equals(other);

    public override int GetHashCode() => (int)_a;

    /// <summary>In hexadecimal.</summary>
    public override string ToString()
    {
        Span<ulong> words = [_a, _b, _c, _d];
        return Convert.ToHexStringLower(MemoryMarshal.AsBytes(words));
    }

    private static KeyHash Read(ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        return new KeyHash(words[0], words[1], words[2], words[3]);
    }
}
