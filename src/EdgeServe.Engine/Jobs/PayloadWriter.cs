using System.Buffers;
using System.IO.Hashing;
using EdgeServe.Engine.Storage;
using Microsoft.Win32.SafeHandles;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// Takes a payload as it comes. A small one stays in memory for the database; from <see cref="PayloadFiles.FileFromBytes"/>
/// on it goes to a file of its own, each byte written once.
/// </summary>
internal sealed class PayloadWriter : IDisposable
{
    private readonly string _path;
    private readonly XxHash128 _hash = new();
    private readonly ArrayBufferWriter<byte> _small = new();
    private SafeFileHandle? _file;
    private long _written;

    public PayloadWriter(string path, long headerLength)
    {
        _path = path;
        Span<byte> header = stackalloc byte[PayloadEnvelope.HeaderBytes];
        PayloadEnvelope.WriteHeader(header, headerLength);
        Write(header);
    }

    public bool IsComplete { get; private set; }

    /// <summary>Content bytes so far.</summary>
    public long Bytes => _written - PayloadEnvelope.HeaderBytes;

    public void Write(ReadOnlySpan<byte> content)
    {
        _hash.Append(content);
        Store(content);
    }

    public void Write(ReadOnlySequence<byte> content)
    {
        foreach (var segment in content)
            Write(segment.Span);
    }

    /// <summary>A file is durable when this returns; the row that names it is not written yet.</summary>
    public StoredPayload Complete()
    {
        long bytes = Bytes;
        Span<byte> trailer = stackalloc byte[PayloadEnvelope.TrailerBytes];
        PayloadEnvelope.WriteTrailer(trailer, bytes, _hash);
        byte[] hash = trailer[8..].ToArray();
        Store(trailer);
        IsComplete = true;
        if (_file is null)
            return new StoredPayload(PayloadPlace.Database, _small.WrittenSpan.ToArray(), bytes, hash);
        // No rename: the name is new and random, and nobody reads it before the row says so.
        RandomAccess.FlushToDisk(_file);
        DirectoryHandle.Flush(Path.GetDirectoryName(_path)!);
        return new StoredPayload(PayloadPlace.File, null, bytes, hash);
    }

    public void Dispose()
    {
        _file?.Dispose();
        if (!IsComplete && _file is not null)
            File.Delete(_path);
    }

    private void Store(ReadOnlySpan<byte> bytes)
    {
        if (_file is null && _small.WrittenCount + bytes.Length < PayloadFiles.FileFromBytes)
        {
            _small.Write(bytes);
            _written += bytes.Length;
            return;
        }

        if (_file is null)
        {
            _file = File.OpenHandle(_path, FileMode.CreateNew, FileAccess.Write);
            RandomAccess.Write(_file, _small.WrittenSpan, 0);
            _small.Clear();
        }

        RandomAccess.Write(_file, bytes, _written);
        _written += bytes.Length;
    }
}
