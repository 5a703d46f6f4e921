using System.Buffers.Binary;
using System.Buffers.Text;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;

namespace EdgeServe.Security.Keys;

/// <summary>
/// A key as people see it, once: <c>esk_</c> and 48 characters of base64url, 256 random bits and their CRC-32. The prefix
/// lets scanners find a key that leaked; the checksum tells a mistyped one from a wrong one without a look at the keys.
/// </summary>
internal static class KeyText
{
    public const string Prefix = "esk_";
    public const int Length = 4 + 48;
    private const int SecretBytes = 32;
    private const int CheckBytes = sizeof(uint);

    /// <summary>A new key. Nobody keeps its text.</summary>
    public static string Make(out KeyHash hash)
    {
        Span<byte> bytes = stackalloc byte[SecretBytes + CheckBytes];
        var secret = bytes[..SecretBytes];
        RandomNumberGenerator.Fill(secret);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[SecretBytes..], Crc32.HashToUInt32(secret));
        hash = KeyHash.Of(secret);
        string text = Prefix + Base64Url.EncodeToString(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return text;
    }

    /// <returns>False when no key was ever written so: too short, too long, mistyped.</returns>
    public static bool TryHash(ReadOnlySpan<char> text, out KeyHash hash)
    {
        hash = default;
        if (text.Length != Length || !text.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        Span<byte> utf8 = stackalloc byte[Length];
        Span<byte> bytes = stackalloc byte[SecretBytes + CheckBytes];
        // Not one that throws: wrong keys come by the thousand.
        if (Encoding.UTF8.TryGetBytes(text, utf8, out int length) is false || length != Length
            || Base64Url.DecodeFromUtf8(utf8[Prefix.Length..], bytes, out _, out int written) != System.Buffers.OperationStatus.Done
            || written != bytes.Length
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[SecretBytes..]) != Crc32.HashToUInt32(bytes[..SecretBytes]))
            return false;
        hash = KeyHash.Of(bytes[..SecretBytes]);
        CryptographicOperations.ZeroMemory(bytes);
        return true;
    }
}
