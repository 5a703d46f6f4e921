using System.Buffers.Binary;
using System.Security.Cryptography;
using EdgeServe.Engine.Jobs.Keys;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// The content of a payload, sealed: AES-256-GCM over chunks of 64 KiB, each followed by its tag. The nonce is the payload's salt and the
/// chunk's number, its top bit set on the last one, so that chunks can be neither moved nor cut off; header, job and part are bound to each.
/// </summary>
internal sealed class PayloadSeal : IDisposable
{
    public const int ChunkBytes = 64 << 10;
    public const int SealedChunkBytes = ChunkBytes + PayloadKey.TagBytes;
    private const uint Last = 1u << 31;
    private const int BoundBytes = PayloadEnvelope.SealedHeaderBytes + 16 + 1;
    private readonly AesGcm _cipher;
    private readonly byte[] _bound = new byte[BoundBytes];
    private readonly long _salt;
    private uint _chunk;

    /// <param name="key">Of the job.</param>
    /// <param name="header">Of the payload, as it is stored.</param>
    /// <param name="salt">In it.</param>
    /// <param name="id">Whose payload.</param>
    /// <param name="part">Which of the two.</param>
    public PayloadSeal(PayloadKey key, ReadOnlySpan<byte> header, long salt, JobId id, PayloadPart part)
    {
        _cipher = key.Cipher();
        _salt = salt;
        header[..PayloadEnvelope.SealedHeaderBytes].CopyTo(_bound);
        BinaryPrimitives.WriteUInt128BigEndian(_bound.AsSpan(PayloadEnvelope.SealedHeaderBytes), id.Value);
        _bound[^1] = (byte)part;
    }

    /// <returns>Bytes of content in so many sealed ones; negative: there is no such length.</returns>
    public static long ContentBytes(long stored)
    {
        long chunks = Math.Max(1, (stored + SealedChunkBytes - 1) / SealedChunkBytes);
        return stored - (chunks * PayloadKey.TagBytes);
    }

    /// <summary>Seals the next chunk.</summary>
    /// <param name="content">A whole chunk, or the rest.</param>
    /// <param name="target">Receives it and its tag.</param>
    /// <param name="last">Nothing follows.</param>
    public void Seal(ReadOnlySpan<byte> content, Span<byte> target, bool last)
    {
        Span<byte> nonce = stackalloc byte[PayloadKey.NonceBytes];
        WriteNonce(nonce, last);
        _cipher.Encrypt(nonce, content, target[..content.Length], target.Slice(content.Length, PayloadKey.TagBytes), _bound);
    }

    /// <summary>Opens the next chunk.</summary>
    /// <exception cref="PayloadDamagedException">It is not what was sealed.</exception>
    public void Open(ReadOnlySpan<byte> chunk, Span<byte> content, bool last)
    {
        Span<byte> nonce = stackalloc byte[PayloadKey.NonceBytes];
        WriteNonce(nonce, last);
        try
        {
            _cipher.Decrypt(nonce, chunk[..content.Length], chunk[content.Length..], content, _bound);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new PayloadDamagedException("is not what its key sealed");
        }
    }

    public void Dispose() => _cipher.Dispose();

    private void WriteNonce(Span<byte> nonce, bool last)
    {
        BinaryPrimitives.WriteInt64LittleEndian(nonce, _salt);
        BinaryPrimitives.WriteUInt32BigEndian(nonce[8..], last ? _chunk | Last : _chunk);
        _chunk++;
    }
}
