using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Hashing;

namespace EdgeServe.Engine.Jobs;

/// <summary>The folder of large payloads: <c>&lt;job&gt;.request</c> and <c>&lt;job&gt;.result</c>, each a <see cref="PayloadEnvelope"/>.</summary>
internal sealed class PayloadFiles(string directory)
{
    /// <summary>Envelopes of this size and more are files: in the database each byte would be written twice.</summary>
    public const int FileFromBytes = 32 << 10;

    private const int ChunkBytes = 256 << 10;
    private readonly ConcurrentDictionary<JobId, byte> _unsettled = new();
    private readonly HashSet<string> _held = [];
    private int _holds;

    public PayloadWriter Create(JobId id, PayloadPart part, long headerLength)
    {
        Directory.CreateDirectory(directory);
        _unsettled.TryAdd(id, 0);
        return new PayloadWriter(PathOf(id, part), headerLength);
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

    /// <summary>The file, checked against its checksum from end to end and positioned at its content.</summary>
    /// <exception cref="PayloadDamagedException">It is missing or not what was stored.</exception>
    public (FileStream Content, long Bytes, long HeaderLength) Open(JobId id, PayloadPart part)
    {
        FileStream? file = null;
        try
        {
            file = new FileStream(PathOf(id, part), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
            long bytes = file.Length - PayloadEnvelope.OverheadBytes;
            long headerLength = Verify(file, bytes);
            file.Position = PayloadEnvelope.HeaderBytes;
            return (file, bytes, headerLength);
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
    /// <exception cref="PayloadDamagedException">It is not what was stored.</exception>
    public static (ReadOnlyMemory<byte> Content, long HeaderLength) Read(byte[] envelope)
    {
        long headerLength = PayloadEnvelope.ReadHeader(envelope);
        int bytes = envelope.Length - PayloadEnvelope.OverheadBytes;
        if (bytes < 0)
            throw new PayloadDamagedException("is too short");
        var hash = new XxHash128();
        hash.Append(envelope.AsSpan(0, PayloadEnvelope.HeaderBytes + bytes));
        PayloadEnvelope.Verify(envelope.AsSpan(PayloadEnvelope.HeaderBytes + bytes), bytes, hash);
        return (envelope.AsMemory(PayloadEnvelope.HeaderBytes, bytes), headerLength);
    }

    private static long Verify(FileStream file, long bytes)
    {
        if (bytes < 0)
            throw new PayloadDamagedException("is too short");
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            var hash = new XxHash128();
            long left = PayloadEnvelope.HeaderBytes + bytes;
            long headerLength = -1;
            for (bool first = true; left > 0; first = false)
            {
                var part = chunk.AsSpan(0, (int)Math.Min(ChunkBytes, left));
                file.ReadExactly(part);
                if (first)
                    headerLength = PayloadEnvelope.ReadHeader(part);
                hash.Append(part);
                left -= part.Length;
            }

            var trailer = chunk.AsSpan(0, PayloadEnvelope.TrailerBytes);
            file.ReadExactly(trailer);
            PayloadEnvelope.Verify(trailer, bytes, hash);
            return headerLength;
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
