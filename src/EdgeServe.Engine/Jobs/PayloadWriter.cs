using System.Buffers;
using System.IO.Hashing;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Jobs.Keys;
using EdgeServe.Engine.Storage;
using Microsoft.Win32.SafeHandles;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// Takes a payload as it comes. A small one stays in memory and is sealed for the database; from <see cref="PayloadFiles.FileFromBytes"/>
/// on it goes to a file of its own, each byte written once and none of them plain.
/// </summary>
internal sealed class PayloadWriter : IDisposable
{
    private const int FirstBytes = 512;
    private readonly Func<string> _place;
    private readonly JobId _id;
    private readonly PayloadPart _part;
    private readonly long _headerLength;
    private readonly Func<PayloadKey> _take;
    private readonly Action<KeyRef> _drop;
    /// <summary>While it is small: its plain header, then its content.</summary>
    private readonly ArrayBufferWriter<byte> _small = new();
    private XxHash128? _plain, _stored;
    private SafeFileHandle? _file;
    private string _path = "";
    private PayloadSeal? _seal;
    private byte[] _chunk = [], _sealed = [];
    private int _filled;
    private long _written;

    /// <param name="place">Path of the file, asked for if it becomes one.</param>
    /// <param name="id">Whose payload.</param>
    /// <param name="part">Which of the two.</param>
    /// <param name="headerLength">Value of <c>Inference-Header-Content-Length</c>; -1: JSON.</param>
    /// <param name="take">The key, asked for when the first byte is sealed.</param>
    /// <param name="drop">Nothing that is kept is sealed with this key: it may go.</param>
    public PayloadWriter(Func<string> place, JobId id, PayloadPart part, long headerLength, Func<PayloadKey> take, Action<KeyRef> drop)
    {
        _place = place;
        _id = id;
        _part = part;
        _headerLength = headerLength;
        _take = take;
        _drop = drop;
        PayloadEnvelope.WritePlainHeader(_small.GetSpan(FirstBytes), headerLength);
        _small.Advance(PayloadEnvelope.PlainHeaderBytes);
    }

    public bool IsComplete { get; private set; }

    /// <summary>Content bytes so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>That seals it; none yet while it is small.</summary>
    public KeyRef Key { get; private set; }

    public void Write(ReadOnlySpan<byte> content)
    {
        Bytes += content.Length;
        if (_file is null && Bytes + PayloadEnvelope.OverheadBytes < PayloadFiles.FileFromBytes)
        {
            _small.Write(content);
            return;
        }

        if (_file is null)
            Begin();
        _plain!.Append(content);
        Fill(content);
    }

    public void Write(ReadOnlySequence<byte> content)
    {
        foreach (var segment in content)
            Write(segment.Span);
    }

    /// <summary>A file is durable when this returns; the row that names it is not written yet.</summary>
    public StoredPayload Complete()
    {
        if (_file is null)
        {
            byte[] hash = XxHash128.Hash(_small.WrittenSpan);
            byte[] envelope = SealSmall();
            IsComplete = true;
            return new StoredPayload(PayloadPlace.Database, envelope, Bytes, hash, Key);
        }

        Flush(last: true);
        byte[] trailer = new byte[PayloadEnvelope.TrailerBytes];
        PayloadEnvelope.WriteTrailer(trailer, Bytes, _stored!);
        Store(trailer);
        IsComplete = true;
        // No rename: the name is new and random, and nobody reads it before the row says so.
        RandomAccess.FlushToDisk(_file);
        DirectoryHandle.Flush(Path.GetDirectoryName(_path)!);
        return new StoredPayload(PayloadPlace.File, null, Bytes, _plain!.GetCurrentHash(), Key);
    }

    public void Dispose()
    {
        _file?.Dispose();
        _seal?.Dispose();
        _seal = null;
        if (_chunk.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_chunk, clearArray: true);
            ArrayPool<byte>.Shared.Return(_sealed);
            _chunk = _sealed = [];
        }

        if (IsComplete)
            return;
        if (_file is not null)
            File.Delete(_path);
        if (!Key.IsNone)
            _drop(Key);
    }

    private ReadOnlySpan<byte> Content => _small.WrittenSpan[PayloadEnvelope.PlainHeaderBytes..];

    private byte[] SealSmall()
    {
        byte[] envelope = new byte[Bytes + PayloadEnvelope.OverheadBytes];
        using var seal = Open(envelope);
        seal.Seal(Content, envelope.AsSpan(PayloadEnvelope.SealedHeaderBytes), last: true);
        _small.Clear();
        PayloadEnvelope.WriteTrailer(envelope, Bytes);
        return envelope;
    }

    /// <summary>Too large for the database: what there is goes to a file, and the rest after it.</summary>
    private void Begin()
    {
        byte[] header = new byte[PayloadEnvelope.SealedHeaderBytes];
        _seal = Open(header);
        _chunk = ArrayPool<byte>.Shared.Rent(PayloadSeal.ChunkBytes);
        _sealed = ArrayPool<byte>.Shared.Rent(PayloadSeal.SealedChunkBytes);
        _path = _place();
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        _file = File.OpenHandle(_path, FileMode.CreateNew, FileAccess.Write);
        _plain = new XxHash128();
        _stored = new XxHash128();
        _plain.Append(_small.WrittenSpan);
        _stored.Append(header);
        Store(header);
        Fill(Content);
        _small.Clear();
    }

    private PayloadSeal Open(Span<byte> header)
    {
        using var key = _take();
        Key = key.Name;
        Span<byte> random = stackalloc byte[sizeof(long)];
        RandomStock.Fill(random);
        long salt = BitConverter.ToInt64(random);
        PayloadEnvelope.WriteSealedHeader(header, _headerLength, Key, salt);
        return new PayloadSeal(key, header, salt, _id, _part);
    }

    private void Fill(ReadOnlySpan<byte> content)
    {
        while (content.Length > 0)
        {
            // Only when more follows: the last chunk is sealed as such.
            if (_filled == PayloadSeal.ChunkBytes)
                Flush(last: false);
            int taken = Math.Min(content.Length, PayloadSeal.ChunkBytes - _filled);
            content[..taken].CopyTo(_chunk.AsSpan(_filled));
            _filled += taken;
            content = content[taken..];
        }
    }

    private void Flush(bool last)
    {
        var target = _sealed.AsSpan(0, _filled + PayloadKey.TagBytes);
        _seal!.Seal(_chunk.AsSpan(0, _filled), target, last);
        _stored!.Append(target);
        Store(target);
        _filled = 0;
    }

    private void Store(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_file!, bytes, _written);
        _written += bytes.Length;
    }
}
