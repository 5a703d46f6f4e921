using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace EdgeServe.Engine.Storage;

/// <summary>
/// The one thread that writes a database. Everything that waits goes into one transaction: many acknowledgements, one
/// fsync. A task completes only after the commit it is part of; when a commit fails nobody is told yes, the files are
/// closed and read again before the next one.
/// </summary>
internal sealed class SingleWriter<TSession> : IAsyncDisposable where TSession : class, IWriteSession
{
    private const int MostInOneCommit = 1024;
    private const int MostWaiting = 20_000;
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);
    private readonly ConcurrentQueue<Operation> _queue = new();
    private readonly AutoResetEvent _bell = new(false);
    private readonly Func<TSession> _open;
    private readonly Action<StorageException?> _troubled;
    private readonly TimeProvider _time;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TSession? _session;
    private StorageException? _trouble;
    private long _lastTry;
    private int _parked;
    private volatile bool _stopping;
    private volatile bool _closed;

    /// <param name="name">Of the thread.</param>
    /// <param name="open">Opens the files, mending what it can; called again after trouble.</param>
    /// <param name="troubled">Called on the writer's thread when trouble begins, changes or ends (null).</param>
    /// <param name="time">For the pause between attempts to open.</param>
    public SingleWriter(string name, Func<TSession> open, Action<StorageException?> troubled, TimeProvider time)
    {
        _open = open;
        _troubled = troubled;
        _time = time;
        _thread = new Thread(Loop) { IsBackground = true, Name = name };
    }

    public void Start() => _thread.Start();

    /// <summary>Runs the operation in the next transaction.</summary>
    /// <exception cref="StorageException">It was not committed, or nobody can say (<see cref="StorageError.OutcomeUnknown"/>).</exception>
    public Task<T> RunAsync<T>(Func<TSession, T> work)
    {
        var operation = new Operation<T>(work);
        if (_queue.Count >= MostWaiting)
            return Task.FromException<T>(new StorageException(StorageError.Broken, $"{MostWaiting} writes wait for the disk", "Retry in a moment."));
        _queue.Enqueue(operation);
        Interlocked.MemoryBarrier();
        if (_closed)
            FailLate();
        else
            Ring();
        return operation.Task;
    }

    /// <summary>Commits what waits, then closes the files.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        _bell.Set();
        if (_thread.ThreadState.HasFlag(ThreadState.Unstarted))
            return;
        await _ended.Task;
    }

    private void FailLate()
    {
        while (_queue.TryDequeue(out var late))
            late.Fail(new StorageException(StorageError.Broken, "the server is stopping", "Retry when it is back."));
    }

    /// <summary>Wakes the writer if it sleeps. Takes no lock when it does not.</summary>
    private void Ring()
    {
        if (Volatile.Read(ref _parked) == 1 && Interlocked.Exchange(ref _parked, 0) == 1)
            _bell.Set();
    }

    private void Loop()
    {
        TryOpen();
        var batch = new List<Operation>();
        while (Take(batch))
        {
            try
            {
                Commit(batch);
            }
            catch (Exception e)
            {
                // Whatever it was: those who wait are told, and the next batch begins with fresh files.
                Close();
                Fail(batch, new StorageException(StorageError.OutcomeUnknown, $"storage failed: {e.Message}", "Retry with the same Idempotency-Key.", e));
            }

            batch.Clear();
        }

        Close();
        _closed = true;
        Interlocked.MemoryBarrier();
        FailLate();
        _ended.SetResult();
    }

    private bool Take(List<Operation> batch)
    {
        while (_queue.IsEmpty)
        {
            if (_stopping)
                return false;
            Interlocked.Exchange(ref _parked, 1);
            if (!_queue.IsEmpty || _stopping)
                break;
            // With trouble there is a reason to look again without being asked; without, there is not.
            if (!_bell.WaitOne(_trouble is null ? Timeout.InfiniteTimeSpan : RetryInterval))
                break;
        }

        Volatile.Write(ref _parked, 0);
        while (batch.Count < MostInOneCommit && _queue.TryDequeue(out var operation))
            batch.Add(operation);
        if (_session is null && _time.GetElapsedTime(_lastTry) >= RetryInterval)
            TryOpen();
        return true;
    }

    private void TryOpen()
    {
        _lastTry = _time.GetTimestamp();
        try
        {
            _session = _open();
            Trouble(null);
        }
        catch (StorageException e)
        {
            Trouble(e);
        }
        catch (SqliteException e)
        {
            Trouble(SqliteErrors.Describe(e));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Trouble(new StorageException(StorageError.Broken, $"the data directory cannot be used: {e.Message}", "Storage tries again by itself; `edgeserve doctor` looks at the disk.", e));
        }
        catch (Exception e)
        {
            // Nothing that a disk can hold may end the process.
            Trouble(new StorageException(StorageError.Broken, $"the database cannot be opened: {e.Message}", "Storage tries again by itself; `edgeserve doctor` looks at the disk.", e));
        }
    }

    private void Trouble(StorageException? trouble)
    {
        if (trouble is null && _trouble is null)
            return;
        _trouble = trouble;
        _troubled(trouble);
    }

    private void Commit(List<Operation> batch)
    {
        if (batch.Count == 0)
            return;
        if (_session is null)
        {
            Fail(batch, _trouble!);
            return;
        }

        if (TryCommit(batch, out var error, out bool begun))
            return;
        if (error is not SqliteException && batch.Count > 1 && !begun)
        {
            // One operation is at fault: each gets a transaction of its own.
            foreach (var one in batch)
            {
                if (!TryCommit([one], out var own, out _))
                    Refuse([one], own!);
            }

            return;
        }

        Refuse(batch, error!);
    }

    /// <param name="batch">All of them or none.</param>
    /// <param name="error">Why not.</param>
    /// <param name="committing">The commit itself was reached: its outcome is unknown.</param>
    private bool TryCommit(List<Operation> batch, out Exception? error, out bool committing)
    {
        committing = false;
        error = null;
        if (_session is not { } session)
        {
            error = _trouble;
            return false;
        }

        try
        {
            session.Begin();
            foreach (var operation in batch)
                operation.Run(session);
            committing = true;
            session.Commit();
        }
        catch (Exception e)
        {
            error = e;
            TryRollback(session);
            return false;
        }

        session.Publish();
        foreach (var operation in batch)
            operation.Complete();
        return true;
    }

    private void Refuse(List<Operation> batch, Exception error)
    {
        var described = error as StorageException ?? (error is SqliteException e ? SqliteErrors.Describe(e) : null);
        if (described is not null)
        {
            // What this connection believes can no longer be trusted; the files decide.
            Close();
            _lastTry = 0;
            Trouble(described);
            if (error is SqliteException sqlite && SqliteErrors.IsCorruption(sqlite))
                TryOpen();
            Fail(batch, described);
            return;
        }

        Fail(batch, error);
    }

    private static void TryRollback(TSession session)
    {
        try
        {
            session.Rollback();
        }
        catch (Exception e) when (e is SqliteException or InvalidOperationException)
        {
            // Rolled back by SQLite itself already, or by closing the file.
        }
    }

    private void Close()
    {
        try
        {
            _session?.Dispose();
        }
        catch (SqliteException)
        {
            // Closed all the same.
        }

        _session = null;
    }

    private static void Fail(List<Operation> batch, Exception error) => batch.ForEach(o => o.Fail(error));

    private abstract class Operation
    {
        public abstract void Run(TSession session);

        public abstract void Complete();

        public abstract void Fail(Exception error);
    }

    private sealed class Operation<T>(Func<TSession, T> work) : Operation
    {
        private readonly TaskCompletionSource<T> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;

        public Task<T> Task => _source.Task;

        public override void Run(TSession session) => _result = work(session);

        public override void Complete() => _source.TrySetResult(_result!);

        public override void Fail(Exception error) => _source.TrySetException(error);
    }
}
