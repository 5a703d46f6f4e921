using System.Security.Cryptography;
using System.Text;

namespace EdgeServe.Engine.Jobs.Keys;

/// <summary>What the keys of jobs are wrapped with. <see cref="Id"/> names it in every slot, so that another one is never mistaken for it.</summary>
internal sealed class WrappingKey
{
    public const int IdBytes = 8;
    private readonly AesGcm _cipher;
    private readonly Lock _gate = new();

    /// <param name="source">Where its secret is kept.</param>
    /// <param name="secret">At least 32 bytes that nobody guesses.</param>
    public WrappingKey(WrappingKeySource source, ReadOnlySpan<byte> secret)
    {
        Source = source;
        Span<byte> derived = stackalloc byte[PayloadKey.Bytes + IdBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, derived, [], Encoding.ASCII.GetBytes("edgeserve job keys 1"));
        _cipher = new AesGcm(derived[..PayloadKey.Bytes], PayloadKey.TagBytes);
        Id = BitConverter.ToInt64(derived[PayloadKey.Bytes..]);
        CryptographicOperations.ZeroMemory(derived);
    }

    public WrappingKeySource Source { get; }

    public long Id { get; }

    public void Wrap(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> secret, Span<byte> wrapped, Span<byte> tag, ReadOnlySpan<byte> bound)
    {
        lock (_gate)
            _cipher.Encrypt(nonce, secret, wrapped, tag, bound);
    }

    /// <returns>False when it is not what was wrapped.</returns>
    public bool TryUnwrap(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> wrapped, ReadOnlySpan<byte> tag, Span<byte> secret, ReadOnlySpan<byte> bound)
    {
        try
        {
            lock (_gate)
                _cipher.Decrypt(nonce, wrapped, tag, secret, bound);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }
}
