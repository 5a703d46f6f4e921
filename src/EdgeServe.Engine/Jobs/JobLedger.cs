using System.Buffers.Binary;
using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// Names the jobs that came and went lately, in a small file beside the database. It costs no fsync and promises nothing,
/// but when the write-ahead log is taken away it can say which jobs were in it. Two files by turns hold more names than
/// a log does jobs; a start that finds the log in its place begins anew.
/// </summary>
internal sealed class JobLedger(string path) : IDisposable
{
    private const int IdBytes = 16;
    private const int RecordBytes = IdBytes + 8;
    private const int MostRecords = 20_000;
    private const int Came = 1;
    private const int Went = 2;
    private byte[] _buffer = new byte[RecordBytes * 64];
    private SafeFileHandle? _file;
    private long _length;

    private string Older => path + ".1";

    /// <summary>Called on the writer's thread after the commit and before anybody is told of it.</summary>
    public void Add(IReadOnlyList<JobChange> changes)
    {
        int bytes = 0;
        foreach (var (before, after) in changes)
        {
            if (before is not null && after is not null)
                continue;
            if (_buffer.Length < bytes + RecordBytes)
                Array.Resize(ref _buffer, _buffer.Length * 2);
            Write(_buffer.AsSpan(bytes, RecordBytes), (after ?? before!).Id, after is null ? Went : Came);
            bytes += RecordBytes;
        }

        if (bytes > 0)
            Try(() => Append(bytes));
    }

    /// <summary>What the files still say: jobs that came and did not go, and jobs that went.</summary>
    public (HashSet<JobId> Came, HashSet<JobId> Went) Read()
    {
        var came = new HashSet<JobId>();
        var went = new HashSet<JobId>();
        foreach (string file in new[] { Older, path })
        {
            byte[] records = [];
            Try(() => records = File.Exists(file) ? File.ReadAllBytes(file) : []);
            for (int at = 0; at + RecordBytes <= records.Length; at += RecordBytes)
            {
                // What the page cache had not given to the disk is zeros or an older record.
                var record = records.AsSpan(at, RecordBytes);
                if (BinaryPrimitives.ReadUInt32LittleEndian(record[(IdBytes + 4)..]) != Sum(record))
                    continue;
                var id = JobId.From(record[..IdBytes]);
                if (BinaryPrimitives.ReadInt32LittleEndian(record[IdBytes..]) == Came)
                    came.Add(id);
                else
                    went.Add(id);
            }
        }

        came.ExceptWith(went);
        return (came, went);
    }

    /// <summary>Everything it names is in the database.</summary>
    public void Clear() => Try(() =>
    {
        Dispose();
        File.Delete(Older);
        File.Delete(path);
    });

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    private static void Write(Span<byte> record, JobId id, int what)
    {
        BinaryPrimitives.WriteUInt128BigEndian(record, id.Value);
        BinaryPrimitives.WriteInt32LittleEndian(record[IdBytes..], what);
        BinaryPrimitives.WriteUInt32LittleEndian(record[(IdBytes + 4)..], Sum(record));
    }

    private static uint Sum(ReadOnlySpan<byte> record) => XxHash32.HashToUInt32(record[..(IdBytes + 4)]);

    private void Append(int bytes)
    {
        if (_file is null || _length >= MostRecords * RecordBytes)
            Open();
        RandomAccess.Write(_file!, _buffer.AsSpan(0, bytes), _length);
        _length += bytes;
    }

    private void Open()
    {
        Dispose();
        if (File.Exists(path) && new FileInfo(path).Length >= MostRecords * RecordBytes)
            File.Move(path, Older, overwrite: true);
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        _length = RandomAccess.GetLength(_file) / RecordBytes * RecordBytes;
    }

    /// <summary>A disk that does not take a name must not keep a job from being taken.</summary>
    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Dispose();
        }
    }
}
