using EdgeServe.Engine.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace EdgeServe.Engine.Audit;

/// <summary>
/// Writes the audit log: what waits in one append and one fdatasync, then the head. A disk that takes nothing keeps it in hand. At a
/// start it goes on from where the box knows it was: lines that are missing stay missing, for everybody to see.
/// </summary>
internal sealed partial class AuditWriter(AuditLog audit, DataDirectory data, ILogger<AuditWriter> log) : BackgroundService
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);
    private readonly AuditFiles _files = new(data.Audit, data.Device);
    private AuditHead _before = AuditHead.None, _last = AuditHead.None;
    private SafeFileHandle? _file;
    private List<AuditEvent> _inHand = [];
    private long _length;
    private bool _open, _failing;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        WriteNow();
        _file?.Dispose();
        _file = null;
        _open = false;
    }

    /// <summary>What waits is on the disk when it returns, if the disk takes it and the directory is this process's.</summary>
    public void WriteNow()
    {
        if (data.IsTaken)
            TryWrite();
    }

    public override void Dispose()
    {
        _file?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Another process's log is not to be written to.
        await data.Taken.WaitAsync(stoppingToken);
        await Task.Yield();
        TryWrite();
        while (true)
        {
            if (_failing)
                await Task.Delay(Retry, audit.Time, stoppingToken);
            else
                await audit.WaitAsync(stoppingToken);
            TryWrite();
        }
    }

    private void TryWrite()
    {
        try
        {
            if (!_open)
                Open();
            if (_inHand.Count == 0)
                _inHand = audit.Take();
            if (_inHand.Count > 0)
                Append();
            _inHand = [];
            _failing = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What may be half written is looked at anew before more is.
            _open = false;
            _file?.Dispose();
            _file = null;
            if (!_failing)
                Log.NotWritten(log, e.Message);
            _failing = true;
        }
    }

    private void Open()
    {
        Directory.CreateDirectory(_files.Directory);
        var anchor = _files.Anchor();
        (_before, _last) = anchor ?? (AuditHead.None, AuditHead.None);
        _file = null;
        if (_files.List() is [.., var newest])
        {
            var lines = AuditFiles.Lines(newest, out bool cut);
            if (cut)
                lines.RemoveAt(lines.Count - 1);
            long whole = lines.Sum(l => (long)l.Length + 1);
            _file = File.OpenHandle(newest, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
            // What a power cut left of a line that nobody was told of.
            if (cut)
                RandomAccess.SetLength(_file, whole);
            _length = whole;
            // Written, but the head was not: of the lines that stand behind it, in order, the last counts.
            foreach (byte[] bytes in lines)
            {
                if (AuditLine.Read(bytes) is { IsIntact: true } line && line.Sequence == _last.Sequence + 1 && line.Previous == _last.Hash)
                    _last = new AuditHead(line.Sequence, line.Hash);
            }

            if (AuditCheck.Run(_files, null).Problem is { } problem)
                Log.Damaged(log, problem);
        }
        else if (_last.Sequence > 0)
        {
            Log.Damaged(log, $"lines {_before.Sequence + 1} to {_last.Sequence} are missing: the files are gone");
        }

        audit.Head = _last;
        _open = true;
    }

    private void Append()
    {
        using var lines = new MemoryStream();
        var head = _last;
        foreach (var e in _inHand)
        {
            (byte[] line, head) = AuditLine.Write(head, e);
            lines.Write(line);
        }

        if (_file is null || (_length > 0 && _length + lines.Length > AuditFiles.FileBytes))
            Rotate();
        RandomAccess.Write(_file!, lines.GetBuffer().AsSpan(0, (int)lines.Length), _length);
        DataFlush.Flush(_file!);
        _length += lines.Length;
        _files.Keep(_before, head);
        _last = head;
        audit.Head = head;
    }

    private void Rotate()
    {
        _file?.Dispose();
        _file = File.OpenHandle(_files.PathOf(_last.Sequence + 1), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        RandomAccess.SetLength(_file, 0);
        DirectoryHandle.Flush(_files.Directory);
        _length = 0;
        foreach (string old in _files.List().SkipLast(AuditFiles.MostFiles))
        {
            // The anchor first: cut off in between, there is more than it says, not less.
            if (AuditFiles.Lines(old, out _) is [.., var last] && AuditLine.Read(last) is { } line)
                _before = new AuditHead(line.Sequence, line.Hash);
            _files.Keep(_before, _last);
            File.Delete(old);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(8210, LogLevel.Error, "The audit log is damaged: {Problem}. edgeserve audit verify says more; compare with a head that was told outside")]
        public static partial void Damaged(ILogger logger, string problem);

        [LoggerMessage(8211, LogLevel.Error, "The audit log cannot be written and waits: {Reason}")]
        public static partial void NotWritten(ILogger logger, string reason);
    }
}
