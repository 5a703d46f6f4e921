using System.Security.Cryptography;

namespace EdgeServe.Engine.Jobs.Keys;

/// <summary>A job's key, opened: AES-256. Wiped when it is disposed.</summary>
internal sealed class PayloadKey(KeyRef name, byte[] secret) : IDisposable
{
    public const int Bytes = 32;
    public const int TagBytes = 16;
    public const int NonceBytes = 12;

    public KeyRef Name => name;

    public ReadOnlySpan<byte> Secret => secret;

    public AesGcm Cipher() => new(secret, TagBytes);

    public void Dispose() => CryptographicOperations.ZeroMemory(secret);
}
