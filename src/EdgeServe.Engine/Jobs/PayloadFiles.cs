using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Hashing;
using EdgeServe.Engine.Jobs.Keys;

namespace EdgeServe.Engine.Jobs;

/// <summary>The folder of large payloads: <c>&lt;job&gt;.request</c> and <c>&lt;job&gt;.result</c>, each a <see cref="PayloadEnvelope"/>.</summary>
/// <param name="directory">The folder.</param>
/// <param name="keys">That seal what is in it and what is small enough for the database.</param>
internal sealed class PayloadFiles(string directory, JobKeys keys)
{
    /// <summary>Envelopes of this size and more are files: in the database each byte would be written twice.</summary>
    public const int FileFromBytes = 32 << 10;

    private const int ChunkBytes = 256 << 10;
    private readonly ConcurrentDictionary<JobId, byte> _unsettled = new();
    private readonly HashSet<string> _held = [];
    private int _holds;

    /// <param name="id">Whose payload.</param>
    /// <param name="part">Which of the two.</param>
    /// <param name="headerLength">Value of <c>Inference-Header-Content-Length</c>; -1: JSON.</param>
    /// <param name="key">The job's; none: it gets one.</param>
    public PayloadWriter Create(JobId id, PayloadPart part, long headerLength, KeyRef key = default)
    {
        _unsettled.TryAdd(id, 0);
        return key.IsNone
            ? new PayloadWriter(() => PathOf(id, part), id, part, headerLength, keys.Take, keys.Erase)
            : new PayloadWriter(() => PathOf(id, part), id, part, headerLength, () => keys.Open(key), _ => { });
    }

    /// <exception cref="IOException">No file can be made here.</exception>
    public void Probe()
    {
        Directory.CreateDirectory(directory);
        string file = Path.Combine(directory, "probe");
        File.WriteAllBytes(file, [1]);
        File.Delete(file);
    }

    /// <summary>The row that names this job's files is written, or the files are gone: the sweep may judge them.</summary>
    public void Settle(JobId id) => _unsettled.TryRemove(id, out _);

    public string PathOf(JobId id, PayloadPart part) => Path.Combine(directory, $"{id}.{(part == PayloadPart.Request ? "request" : "result")}");

    /// <summary>Deletes a payload, or remembers to while somebody holds them all.</summary>
    public void Delete(JobId id, PayloadPart part)
    {
        lock (_held)
        {
            if (_holds > 0)
            {
                _held.Add(PathOf(id, part));
                return;
            }
        }

        TryDelete(PathOf(id, part));
    }

    /// <summary>Until it is disposed, every file that is here stays.</summary>
    public IDisposable Hold()
    {
        lock (_held)
            _holds++;
        return new Holding(this);
    }

    /// <summary>Deletes files that no job names: left by a crash between a file and its row.</summary>
    /// <param name="isNamed">Does a row name this payload?</param>
    /// <param name="keepIn">Where they are kept instead; null: nowhere.</param>
    public int Sweep(Func<JobId, PayloadPart, bool> isNamed, string? keepIn = null)
    {
        int swept = 0;
        if (!Directory.Exists(directory))
            return 0;
        foreach (string path in Directory.EnumerateFiles(directory))
        {
            bool isPayload = JobId.TryParse(Path.GetFileNameWithoutExtension(path), out var id);
            var part = Path.GetExtension(path) == ".request" ? PayloadPart.Request : PayloadPart.Result;
            // In this order: once settled, the row is there to be seen.
            if (isPayload && (_unsettled.ContainsKey(id) || isNamed(id, part)))
                continue;
            if (isPayload && keepIn is not null)
                File.Move(path, Path.Combine(Directory.CreateDirectory(keepIn).FullName, Path.GetFileName(path)), overwrite: true);
            else
                TryDelete(path);
            swept++;
        }

        return swept;
    }

    /// <summary>The keys of payloads that are kept aside in a folder: nobody names them, and they are not forgotten.</summary>
    public static IEnumerable<KeyRef> KeysIn(string folder)
    {
        if (!Directory.Exists(folder))
            yield break;
        byte[] head = new byte[PayloadEnvelope.SealedHeaderBytes];
        foreach (string path in Directory.EnumerateFiles(folder))
        {
            using var file = File.OpenHandle(path);
            if (RandomAccess.Read(file, head, 0) == head.Length && head.AsSpan().StartsWith("EPL"u8) && head[4] != 0)
                yield return PayloadEnvelope.ReadHeader(head).Key;
        }
    }

    /// <summary>The file, checked against its checksum from end to end: a stream of its content.</summary>
    /// <exception cref="PayloadDamagedException">It is missing, not what was stored, or its key is gone.</exception>
    public (Stream Content, long Bytes, long HeaderLength) Open(JobId id, PayloadPart part)
    {
        FileStream? file = null;
        try
        {
            file = new FileStream(PathOf(id, part), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
            byte[] head = new byte[PayloadEnvelope.SealedHeaderBytes];
            var (header, bytes) = Verify(file, head);
            file.Position = header.Bytes;
            if (!header.IsSealed)
                return (file, bytes, header.HeaderLength);
            using var key = keys.Open(header.Key);
            return (new SealedStream(file, new PayloadSeal(key, head, header.Salt, id, part), bytes), bytes, header.HeaderLength);
        }
        catch (IOException e)
        {
            file?.Dispose();
            throw new PayloadDamagedException($"cannot be read: {e.Message}");
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    /// <summary>The content of an envelope from the database.</summary>
    /// <exception cref="PayloadDamagedException">It is not what was stored, or its key is gone.</exception>
    public (ArraySegment<byte> Content, long HeaderLength) Read(JobId id, PayloadPart part, byte[] envelope)
    {
        var (header, bytes) = Check(envelope);
        var stored = envelope.AsSpan(header.Bytes, envelope.Length - header.Bytes - PayloadEnvelope.TrailerBytes);
        if (!header.IsSealed)
            return (new ArraySegment<byte>(envelope, header.Bytes, (int)bytes), header.HeaderLength);
        byte[] content = new byte[bytes];
        using var key = keys.Open(header.Key);
        using var seal = new PayloadSeal(key, envelope, header.Salt, id, part);
        seal.Open(stored, content, last: true);
        return (content, header.HeaderLength);
    }

    /// <summary>Is an envelope what was stored? Needs no key.</summary>
    /// <exception cref="PayloadDamagedException">It is not.</exception>
    public static (PayloadHeader Header, long Bytes) Check(byte[] envelope)
    {
        var header = PayloadEnvelope.ReadHeader(envelope);
        int stored = envelope.Length - header.Bytes - PayloadEnvelope.TrailerBytes;
        if (stored < 0)
            throw new PayloadDamagedException("is too short");
        var hash = new XxHash128();
        hash.Append(envelope.AsSpan(0, header.Bytes + stored));
        return (header, PayloadEnvelope.Verify(header, stored, envelope.AsSpan(header.Bytes + stored), hash));
    }

    private static (PayloadHeader Header, long Bytes) Verify(FileStream file, Span<byte> head)
    {
        long left = file.Length - PayloadEnvelope.TrailerBytes;
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            if (left < PayloadEnvelope.PlainHeaderBytes)
                throw new PayloadDamagedException("is too short");
            var hash = new XxHash128();
            PayloadHeader header = default;
            long stored = left;
            for (bool first = true; left > 0; first = false)
            {
                var part = chunk.AsSpan(0, (int)Math.Min(ChunkBytes, left));
                file.ReadExactly(part);
                if (first)
                {
                    header = PayloadEnvelope.ReadHeader(part);
                    part[..Math.Min(part.Length, head.Length)].CopyTo(head);
                }

                hash.Append(part);
                left -= part.Length;
            }

            var trailer = chunk.AsSpan(0, PayloadEnvelope.TrailerBytes);
            file.ReadExactly(trailer);
            return (header, PayloadEnvelope.Verify(header, stored - header.Bytes, trailer, hash));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Swept at the next start.
        }
    }

    private sealed class Holding(PayloadFiles files) : IDisposable
    {
        public void Dispose()
        {
            string[] due = [];
            lock (files._held)
            {
                if (--files._holds == 0)
                {
                    due = [.. files._held];
                    files._held.Clear();
                }
            }

            Array.ForEach(due, TryDelete);
        }
    }
}
