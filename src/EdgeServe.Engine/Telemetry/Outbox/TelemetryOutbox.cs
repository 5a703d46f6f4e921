using System.Buffers;
using EdgeServe.Engine.Audit;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>
/// Telemetry that waits: whole OTLP requests on the disk, numbered, until somebody proves to have them. Step 3 of the
/// telemetry flow; steps 4a and 4b read here. Nothing that serves waits for it, and what it gives up it declares.
/// </summary>
internal sealed partial class TelemetryOutbox : IAsyncDisposable
{
    private static readonly TimeSpan AlarmInterval = TimeSpan.FromMilliseconds(250);
    private readonly OutboxOptions _options;
    private readonly DeviceClock _clock;
    private readonly DeviceIdentity _identity;
    private readonly TimeProvider _time;
    private readonly ILogger<TelemetryOutbox> _log;
    private readonly OutboxQueue _queue;
    private readonly OutboxStorage _storage;
    private readonly OutboxReader _reader;
    private readonly SingleWriter<OutboxSession> _writer;
    private readonly DiskSpace _space;
    private readonly SemaphoreSlim _storing = new(1);
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private volatile OutboxTotals _totals = OutboxTotals.Empty;
    private volatile StorageException? _trouble;
    private OutboxAttempt? _unsettled;
    private long _attempt;
    private long _due = long.MaxValue;
    private Task _scheduled = Task.CompletedTask;
    private bool _closed;

    public TelemetryOutbox(DataDirectory data, OutboxOptions options, DeviceClock clock, DeviceIdentity identity, TimeProvider time, ILogger<TelemetryOutbox> log)
    {
        _options = options;
        _clock = clock;
        _identity = identity;
        _time = time;
        _log = log;
        _queue = new OutboxQueue(options.MaxWaitingBytes);
        _storage = new OutboxStorage(data, clock, log);
        _reader = new OutboxReader(data.Outbox, ReportDamage);
        _storage.Replaced += _reader.Renew;
        _space = new DiskSpace(data.Path, options.ReserveBytes * 2, time);
        _writer = new SingleWriter<OutboxSession>("outbox writer", () => _storage.Open(Published, CommitOf), Troubled, time);
        _timer = time.CreateTimer(_ => Due(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        // Unlike any other process's, whatever the clocks say.
        _attempt = Random.Shared.NextInt64(1, long.MaxValue / 2);
    }

    /// <summary>The last line of the box's audit log; null: not known.</summary>
    public Func<AuditHead?> Audit { get; init; } = static () => null;

    /// <summary>As of the last commit. Replaced as a whole.</summary>
    public OutboxTotals Totals => _totals;

    /// <summary>What keeps telemetry from being stored; null: nothing.</summary>
    public StorageException? Trouble => _trouble;

    public OutboxOptions Options => _options;

    /// <summary>Totals changed: something was stored, acknowledged or given up. On the writer's thread: hand on, do not work.</summary>
    public event Action? Changed;

    public void Start() => _writer.Start();

    /// <summary>
    /// Takes a serialised request, not compressed. Returns at once: it is on the disk within seconds, or counted as dropped.
    /// </summary>
    /// <param name="kind">What it is worth.</param>
    /// <param name="signal">What it is.</param>
    /// <param name="items">Log records, metrics or spans in it.</param>
    /// <param name="request">Kept, not copied.</param>
    /// <returns>False when it was given up at once.</returns>
    public bool Add(TelemetryClass kind, OtlpSignal signal, int items, byte[] request)
    {
        bool kept = _queue.Add(new OutboxEntry(kind, signal, items, request, OutboxMoment.Now(_clock)));
        Schedule(kind == TelemetryClass.Alarm ? AlarmInterval : _options.CommitInterval);
        return kept;
    }

    /// <summary>Counts items that were lost in front of the outbox; the next tombstone says so.</summary>
    public void CountDropped(TelemetryClass kind, DropReason reason, long items)
    {
        _queue.Count(kind, reason, items);
        Schedule(_options.CommitInterval);
    }

    /// <summary>Stores what waits in memory now. On the disk when it completes without an exception.</summary>
    /// <exception cref="StorageException">It still waits, within bounds.</exception>
    public async Task FlushAsync()
    {
        await _storing.WaitAsync();
        try
        {
            // What an earlier try left, whatever became of it, goes first: its number tells whether it is there.
            while (_unsettled is not null || !_queue.IsEmpty)
            {
                var attempt = _unsettled ??= NextAttempt();
                bool little = !_space.HasRoomFor(0);
                await SettleAsync(attempt, little);
            }
        }
        finally
        {
            _storing.Release();
        }
    }

    /// <summary>Batches to send, the most important class first, oldest first inside it.</summary>
    /// <param name="limit">Most batches.</param>
    /// <param name="maxBytes">Most bytes of their payloads; one batch comes whatever its size.</param>
    /// <param name="after">Where an earlier answer ended; null: from the beginning.</param>
    /// <exception cref="StorageException">The outbox cannot be read now.</exception>
    public IReadOnlyList<OutboxBatch> Pending(int limit, long maxBytes, OutboxBatch? after = null) => _reader.Pending(limit, maxBytes, after);

    /// <returns>The gzip-compressed request exactly as it is posted; null: the batch is gone, or was damaged and is given up now.</returns>
    /// <exception cref="StorageException">The outbox cannot be read now.</exception>
    public byte[]? ReadPayload(OutboxBatch batch)
    {
        var payload = new ArrayBufferWriter<byte>(Math.Max(1, batch.Bytes));
        return ReadPayload(batch, payload) ? payload.WrittenSpan.ToArray() : null;
    }

    /// <summary>The same into memory that is used again and again.</summary>
    /// <returns>False: the batch is gone, or was damaged and is given up now.</returns>
    /// <exception cref="StorageException">The outbox cannot be read now.</exception>
    public bool ReadPayload(OutboxBatch batch, IBufferWriter<byte> into)
    {
        if (_reader.Payload(batch, into) is not { } intact)
            return false;
        if (intact)
            return true;
        _ = RunAsync(c => c.Drop(batch, DropReason.Damaged));
        Log.DamagedBatch(_log, batch.Epoch, batch.Sequence);
        return false;
    }

    /// <summary>They left, without an acknowledgement so far.</summary>
    public Task MarkSentAsync(IReadOnlyCollection<OutboxBatch> batches) => RunOnSessionAsync(session =>
    {
        foreach (var batch in batches)
            session.MarkSent(batch);
    });

    /// <summary>Somebody proved to have these batches and pieces: they are deleted.</summary>
    public Task AcknowledgeAsync(IReadOnlyCollection<OutboxBatch> batches, AcknowledgedBy by) => RunOnSessionAsync(session =>
    {
        foreach (var batch in batches)
        {
            if (session.Find(batch) is { } stored)
                session.Acknowledge(stored);
        }
    });

    /// <summary>Somebody proved to have whatever is in these ranges, pieces too: it is deleted. Numbers that are not there do no harm.</summary>
    public Task AcknowledgeAsync(IReadOnlyCollection<BatchRange> ranges, AcknowledgedBy by) => RunOnSessionAsync(session =>
    {
        foreach (var range in ranges)
        {
            for (var kind = TelemetryClass.Alarm; kind <= TelemetryClass.Trace; kind++)
            {
                for (var found = session.InRange(kind, range); found.Count > 0; found = session.InRange(kind, range))
                    found.ForEach(session.Acknowledge);
            }
        }
    });

    /// <summary>Pieces take the place of a batch, each numbered <see cref="OutboxBatch.Part"/> and stamped with it. <see cref="OtlpSplit.Halve"/> makes them.</summary>
    /// <returns>The pieces as batches; none when the batch is gone.</returns>
    public Task<List<OutboxBatch>> SplitAsync(OutboxBatch batch, IReadOnlyList<OutboxPiece> pieces) => RunAsync(c => c.Split(batch, pieces));

    /// <summary>A receiver refused this batch for what it is: it is given up, and a tombstone says so.</summary>
    /// <param name="batch">The smallest piece that was refused.</param>
    /// <param name="reason">For the log; never a payload.</param>
    public Task DeadLetterAsync(OutboxBatch batch, string reason)
    {
        Log.DeadLetter(_log, batch.Epoch, batch.Sequence, batch.Part, Tombstone.Name(batch.Class), batch.Items, reason);
        return RunAsync(c => c.Drop(batch, DropReason.Refused));
    }

    /// <exception cref="StorageException">The outbox cannot be read now.</exception>
    public OutboxRetry? Retry(string key) => _reader.Retry(key);

    public Task PutRetryAsync(OutboxRetry retry) => RunOnSessionAsync(session => session.PutRetry(retry));

    public Task ClearRetryAsync(string key) => RunOnSessionAsync(session => session.DeleteRetry(key));

    /// <summary>What waits is stored, then the files are closed.</summary>
    public async ValueTask DisposeAsync()
    {
        Task scheduled;
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            scheduled = _scheduled;
        }

        await _timer.DisposeAsync();
        await scheduled;
        await TryFlushAsync();
        _reader.Dispose();
        await _writer.DisposeAsync();
        _storing.Dispose();
    }

    private async Task SettleAsync(OutboxAttempt attempt, bool little)
    {
        try
        {
            await _writer.RunAsync(session => Store(session, attempt, little));
        }
        catch (Exception e) when (e is not StorageException)
        {
            // Not the disk's fault: it would fail again and again, and everything behind it wait.
            Log.Unstorable(_log, e);
            foreach (var entry in attempt.Entries)
                _queue.Count(entry.Class, DropReason.Malformed, entry.Items);
        }

        _unsettled = null;
    }

    private OutboxAttempt NextAttempt()
    {
        var (entries, drops) = _queue.Take();
        return new OutboxAttempt(++_attempt, entries, drops);
    }

    private bool Store(OutboxSession session, OutboxAttempt attempt, bool little)
    {
        var commit = CommitOf(session);
        if (little)
            GiveRoom(session, commit);
        commit.Store(attempt);
        return true;
    }

    /// <summary>Little room on the disk: an eighth of what is stored goes at a time, and its room with it.</summary>
    private static void GiveRoom(OutboxSession session, OutboxCommit commit)
    {
        if (session.Bytes == 0)
            return;
        commit.KeepBudget(session.Bytes - (session.Bytes / 8) - 1, DropReason.DiskFull);
        session.Shrink();
    }

    private Task RunAsync(Action<OutboxCommit> work) => RunAsync(commit =>
    {
        work(commit);
        return true;
    });

    private Task<T> RunAsync<T>(Func<OutboxCommit, T> work) => _writer.RunAsync(session =>
    {
        var commit = CommitOf(session);
        var result = work(commit);
        commit.Finish();
        return result;
    });

    private Task RunOnSessionAsync(Action<OutboxSession> work) => _writer.RunAsync(session =>
    {
        work(session);
        return true;
    });

    private OutboxCommit CommitOf(OutboxSession session) => new(session, _options, _identity.Id, OutboxMoment.Now(_clock), Audit());

    private void Schedule(TimeSpan within)
    {
        long due = _time.GetTimestamp() + (long)(within.TotalSeconds * _time.TimestampFrequency);
        if (due >= Volatile.Read(ref _due))
            return;
        lock (_gate)
        {
            if (due >= _due || _closed)
                return;
            _due = due;
            _timer.Change(within, Timeout.InfiniteTimeSpan);
        }
    }

    private void Due()
    {
        lock (_gate)
        {
            _due = long.MaxValue;
            if (!_closed && _scheduled.IsCompleted)
                _scheduled = TryFlushAsync();
        }
    }

    private async Task TryFlushAsync()
    {
        try
        {
            await FlushAsync();
        }
        catch (StorageException)
        {
            // The writer said why; what waits is tried again, within bounds.
            Schedule(_options.CommitInterval);
        }
    }

    private void Published(OutboxTotals totals)
    {
        _totals = totals;
        Changed?.Invoke();
    }

    private void ReportDamage(int generation) =>
        _ = _writer.RunAsync(_ => generation == _reader.Generation ? throw SqliteErrors.Damaged("a row or page") : false);

    private void Troubled(StorageException? trouble)
    {
        if (trouble is null)
            Log.Healed(_log);
        else if (_trouble?.Message != trouble.Message)
            Log.Troubled(_log, trouble.Message);
        if (trouble?.InnerException is SqliteException e && SqliteErrors.IsCorruption(e))
            _storage.Condemn();
        _trouble = trouble;
    }

    private static partial class Log
    {
        [LoggerMessage(7003, LogLevel.Warning, "Telemetry cannot be stored: {Reason}. It waits in memory, within bounds; serving is not affected")]
        public static partial void Troubled(ILogger logger, string reason);

        [LoggerMessage(7004, LogLevel.Information, "Telemetry is stored again")]
        public static partial void Healed(ILogger logger);

        [LoggerMessage(7005, LogLevel.Warning, "Telemetry batch {Epoch}/{Sequence} does not match its checksum and is given up")]
        public static partial void DamagedBatch(ILogger logger, long epoch, long sequence);

        [LoggerMessage(7008, LogLevel.Error, "Telemetry of a few seconds cannot be stored and is given up")]
        public static partial void Unstorable(ILogger logger, Exception error);

        [LoggerMessage(7006, LogLevel.Warning, "Telemetry batch {Epoch}/{Sequence} {Part} ({Kind}, {Items} items) was refused and is given up: {Reason}")]
        public static partial void DeadLetter(ILogger logger, long epoch, long sequence, string part, string kind, int items, string reason);
    }
}
