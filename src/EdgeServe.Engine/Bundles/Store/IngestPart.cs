using System.Security.Cryptography;
using EdgeServe.Engine.Storage;
using Microsoft.Win32.SafeHandles;

namespace EdgeServe.Engine.Bundles.Store;

/// <summary>
/// A blob that is still arriving: <c>ingest/&lt;hex&gt;.part</c>. Its length is how far it got, so that a kill at any moment
/// leaves what can be resumed; its bytes are hashed on their way, those of an earlier attempt when it is opened.
/// </summary>
internal sealed class IngestPart : IDisposable
{
    /// <summary>One read, one hash, one write.</summary>
    public const int BufferBytes = 64 << 10;

    /// <summary>Flushed every so often: a power cut costs no more, and the last flush is short.</summary>
    private const long FlushBytes = 16 << 20;

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _flushed;

    private IngestPart(string path, SafeFileHandle file)
    {
        _path = path;
        _file = file;
    }

    /// <summary>Bytes that are there.</summary>
    public long Length { get; private set; }

    /// <param name="path">Where it lies, or will.</param>
    /// <param name="most">A part that is longer belongs to something else and begins anew.</param>
    /// <param name="cancellation">Stops reading what is there.</param>
    public static IngestPart Open(string path, long most, CancellationToken cancellation)
    {
        var part = new IngestPart(path, File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        try
        {
            if (RandomAccess.GetLength(part._file) > most)
                part.Restart();
            else
                part.HashWhatIsThere(cancellation);
            return part;
        }
        catch
        {
            part.Dispose();
            throw;
        }
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_file, bytes, Length);
        _hash.AppendData(bytes);
        Length += bytes.Length;
        if (Length - _flushed < FlushBytes)
            return;
        RandomAccess.FlushToDisk(_file);
        _flushed = Length;
    }

    /// <summary>Forgets everything: the next byte is the first.</summary>
    public void Restart()
    {
        RandomAccess.SetLength(_file, 0);
        _hash.GetHashAndReset();
        Length = _flushed = 0;
    }

    /// <summary>Of everything there is. Nothing can be appended afterwards, but after <see cref="Restart"/>.</summary>
    public Digest Digest() => Bundles.Digest.FromHash(_hash.GetHashAndReset());

    /// <summary>Flushed, then named, then the name is flushed: a blob has its name only when all of it is on the disk.</summary>
    public void Publish(string final)
    {
        _file.Dispose();
        AtomicWrite.Publish(_path, final);
    }

    /// <summary>Deletes it.</summary>
    public void Drop()
    {
        _file.Dispose();
        File.Delete(_path);
    }

    public void Dispose()
    {
        _file.Dispose();
        _hash.Dispose();
    }

    private void HashWhatIsThere(CancellationToken cancellation)
    {
        byte[] buffer = new byte[BufferBytes];
        while (RandomAccess.Read(_file, buffer, Length) is > 0 and var count)
        {
            cancellation.ThrowIfCancellationRequested();
            _hash.AppendData(buffer, 0, count);
            Length += count;
        }

        _flushed = Length;
    }
}
