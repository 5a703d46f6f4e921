using EdgeServe.Engine.Device;
using EdgeServe.Engine.Jobs.Keys;
using EdgeServe.Engine.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// The jobs database and everything around it: opens, watches, mends. While something is wrong jobs are refused with the
/// reason and serving goes on; it tries again by itself.
/// </summary>
internal sealed partial class JobStorage : IAsyncDisposable
{
    public const string Migrations = "jobs.migrations.";
    private readonly DataDirectory _data;
    private readonly JobOptions _options;
    private readonly DeviceClock _clock;
    private readonly ILogger<JobStorage> _log;
    private readonly Salvage _salvage;
    private readonly Ballast _ballast;
    private readonly JobLedger _ledger;
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile StorageException? _trouble = new(StorageError.Broken, "the jobs database is being opened", "Retry in a moment.");
    private bool _damaged;
    private bool _checked;
    private bool _firstOpen = true;

    public JobStorage(DataDirectory data, JobOptions options, DeviceClock clock, TimeProvider time, ILogger<JobStorage> log)
    {
        _data = data;
        _options = options;
        _clock = clock;
        _log = log;
        Keys = new JobKeys(data.JobKeys, data.Device, Environment.GetEnvironmentVariable(DataDirectory.Credentials), log);
        _salvage = new Salvage(data, Keys);
        _ballast = new Ballast(data.Ballast, options.BallastBytes);
        _ledger = new JobLedger(data.Ledger);
        Space = new DiskSpace(data.Path, options.ReserveBytes, time);
        Files = new PayloadFiles(data.Payloads, Keys);
        Writer = new SingleWriter<JobSession>("jobs writer", Open, Troubled, time);
        Readers = new JobReaders(data.Jobs, ReportDamage);
        Room = new JobRoom(Space, Totals, Readers, options.MaxBytes);
    }

    public SingleWriter<JobSession> Writer { get; }

    public JobReaders Readers { get; }

    public PayloadFiles Files { get; }

    public JobKeys Keys { get; }

    public DiskSpace Space { get; }

    public JobRoom Room { get; }

    public JobTotals Totals { get; } = new();

    public JobEvents Events { get; } = new();

    public DataDirectory Data => _data;

    /// <summary>Jobs lost to damage since this process began.</summary>
    public int Lost { get; private set; }

    /// <summary>Was the database read through since this process began? Until then what is not found may be there all the same.</summary>
    public bool IsChecked
    {
        get => Volatile.Read(ref _checked);
        set => Volatile.Write(ref _checked, value);
    }

    /// <summary>Was something mended or missing since this process began? Keys that nobody names may be those of jobs a person can still save.</summary>
    public bool WasDamaged { get; private set; }

    /// <summary>The write-ahead log was gone at the start. The jobs in it are named as lost as far as <see cref="JobLedger"/> knows them.</summary>
    public bool LogWasMissing { get; private set; }

    /// <summary>What keeps jobs from being taken; null: nothing.</summary>
    public StorageException? Trouble => _trouble ?? Room.Shortage();

    /// <summary>Completes when the files were opened for the first time, or could not be.</summary>
    public Task Opened => _opened.Task;

    /// <summary>Called on the writer's thread when jobs appear, change or go.</summary>
    public event Action<IReadOnlyList<JobChange>>? Changed;

    public void Start() => Writer.Start();

    /// <summary>Somebody read something that cannot be true: the writer looks into it.</summary>
    /// <param name="generation">Of the files it was read from: a report that comes late is about files already replaced.</param>
    public void ReportDamage(int generation) =>
        _ = Writer.RunAsync(_ => generation == Readers.Generation ? throw SqliteErrors.Damaged("a row or page") : false);

    /// <summary>What an error beside the database means. When it is more than a lack of room, jobs wait until the disk has taken a write again.</summary>
    public StorageException Describe(Exception error)
    {
        var described = DiskErrors.Describe(error);
        if (described.Error == StorageError.Broken && _trouble is null)
            _ = Writer.RunAsync<bool>(_ => throw described);
        return described;
    }

    /// <summary>Takes the ballast back when there is room for it.</summary>
    public void KeepBallast()
    {
        if (_options.BallastBytes > 0 && !_ballast.IsHeld && Space.HasRoomFor(_options.BallastBytes) && !_ballast.TryTake())
            Log.NoBallast(_log, _options.BallastBytes);
    }

    /// <summary>Gives the room away that was kept for the moment there is none.</summary>
    public void ReleaseBallast() => _ballast.Release();

    public async ValueTask DisposeAsync()
    {
        Readers.Dispose();
        await Writer.DisposeAsync();
        Keys.Dispose();
        _ledger.Dispose();
        // The last connection to close leaves no log behind.
        if (_trouble is null && !File.Exists(_data.Jobs + "-wal"))
            _data.MarkStopped();
        _data.Dispose();
    }

    /// <exception cref="StorageException">There is no room for this much more.</exception>
    public void CheckRoom(long bytes)
    {
        if (_trouble is { Error: not StorageError.Full } trouble)
            throw trouble;
        if (Room.Refusal(bytes) is { } refusal)
            throw refusal;
    }

    private JobSession Open()
    {
        SqliteLibrary.AssertVersion(SqliteLibrary.Version);
        _data.Take();
        Keys.Open();
        // What is salvaged gets this program's schema: not while the one before may come back.
        bool mayMend = !_data.IsOnTrial;
        if (mayMend && _salvage.Interrupted() is { } quarantine)
            Mend(quarantine);
        if (_firstOpen)
            MoveStrayLog();
        if (mayMend && _damaged)
            Mend(_salvage.Quarantine());
        try
        {
            return OpenFiles();
        }
        catch (Exception e) when (mayMend && (e is SqliteException sqlite ? SqliteErrors.IsCorruption(sqlite) : SqliteErrors.IsNonsense(e)))
        {
            Mend(_salvage.Quarantine());
            return OpenFiles();
        }
    }

    private JobSession OpenFiles()
    {
        bool isNew = !File.Exists(_data.Jobs);
        WasDamaged |= isNew || LogWasMissing;
        if (isNew && !_firstOpen)
            throw new StorageException(StorageError.Broken, $"{_data.Jobs} is gone", "Restore the file or restart the service to begin a new one.");
        _data.MarkRunning();
        var connection = Database.OpenWriter(_data.Jobs, Migrations, _data.IsOnTrial);
        try
        {
            // A disk that can only be read opens as well: after trouble a write has to succeed before it counts as over.
            // (A value that does not change is never written.)
            if (!_firstOpen)
            {
                Database.Execute(connection, "INSERT INTO counters VALUES ('reopened', 1) ON CONFLICT (name) DO UPDATE SET value=value+1");
                Files.Probe();
            }

            // After trouble: what the log holds goes into the database and onto the disk, or this throws.
            Database.Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
            CheckKeys(connection);
            var session = new JobSession(connection, Published, Keys.Erase);
            Count(connection);
            if (_firstOpen)
            {
                if (LogWasMissing)
                    NameLost(session);
                JobRecovery.Run(session, _clock, _log);
                // All it names is in the database now, or named as lost.
                _ledger.Clear();
            }

            _firstOpen = false;
            _trouble = null;
            _opened.TrySetResult();
            return session;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Without its log the database is what it was at some earlier moment: says which jobs that costs, and lets go again what was let go.</summary>
    private void NameLost(JobSession session)
    {
        const string reason = "the write-ahead log that held it was taken away";
        var (came, went) = _ledger.Read();
        JobId[] lost = [.. came.Where(id => session.Find(id) is null)];
        session.Begin();
        foreach (var id in lost)
            session.PutLost(id, reason);
        foreach (var job in went.Select(session.Find).OfType<Job>())
            session.Remove(job);
        session.Commit();
        session.Publish();
        Lost += lost.Length;
        foreach (var id in lost)
            Log.LostJob(_log, id, reason);
    }

    /// <summary>Jobs that wait are not to fail for want of a credential that the next start may bring.</summary>
    private void CheckKeys(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {JobRow.Key} FROM jobs WHERE {JobRow.Key}<>0";
        using var reader = command.ExecuteReader();
        if (Keys.CountLocked(Named()) is > 0 and var locked)
        {
            throw new StorageException(StorageError.Broken, $"the keys of {locked} jobs are wrapped by the credential {WrappingKeys.CredentialName}, which this process was not given",
                $"Start the service with LoadCredentialEncrypted={WrappingKeys.CredentialName}, or delete {_data.JobKeys} to give these jobs up.");
        }

        IEnumerable<long> Named()
        {
            while (reader.Read())
                yield return reader.GetInt64(0);
        }
    }

    private void Count(SqliteConnection connection)
    {
        Totals.Reset();
        using var command = connection.CreateCommand();
        command.CommandText = """
            SELECT state, COUNT(*), SUM(CASE WHEN places & 15 THEN request_bytes ELSE 0 END + CASE WHEN places >> 4 THEN result_bytes ELSE 0 END), MAX(changed_ms)
            FROM jobs GROUP BY state
            """;
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            Totals.Add((JobState)reader.GetInt32(0), reader.GetInt64(1), reader.GetInt64(2));
            _clock.AtLeast(reader.GetInt64(3));
        }
    }

    private void Mend(string quarantine)
    {
        Log.Salvaging(_log, quarantine);
        _trouble = new StorageException(StorageError.Broken, "the jobs database is damaged and is being salvaged", "Retry in a moment.");
        var report = _salvage.Run(quarantine);
        Readers.Renew();
        _damaged = false;
        WasDamaged = true;
        // Made of rows that were read one by one a moment ago.
        IsChecked = true;
        Lost += report.Lost.Count;
        Log.Salvaged(_log, report.Saved, report.FromBackup, report.Lost.Count, report.KeysInDoubt, quarantine);
        foreach (var (id, reason) in report.Lost)
            Log.LostJob(_log, id, reason);
    }

    /// <summary>After a clean stop there is no write-ahead log; after any other there is one. Anything else was put there or taken away.</summary>
    private void MoveStrayLog()
    {
        string log = _data.Jobs + "-wal";
        bool there = File.Exists(log) && new FileInfo(log).Length > 0;
        if (_data.StoppedCleanly && there)
        {
            Directory.CreateDirectory(_data.Quarantine);
            File.Move(log, Path.Combine(_data.Quarantine, "stray-wal"), overwrite: true);
            File.Delete(_data.Jobs + "-shm");
            Log.StrayLog(_log);
        }
        else if (!_data.StoppedCleanly && !File.Exists(log) && File.Exists(_data.Jobs))
        {
            LogWasMissing = true;
            Log.MissingLog(_log);
        }
    }

    private void Troubled(StorageException? trouble)
    {
        if (trouble is null)
            Log.Healed(_log);
        else if (_trouble?.Message != trouble.Message)
            Log.Trouble(_log, trouble.Message, trouble.Hint ?? "");
        if (trouble is { Error: StorageError.Full })
            _ballast.Release();
        if (trouble?.InnerException is SqliteException e && SqliteErrors.IsCorruption(e))
            _damaged = true;
        _trouble = trouble;
        _opened.TrySetResult();
    }

    private void Published(IReadOnlyList<JobChange> changes)
    {
        foreach (var change in changes)
            Totals.Apply(change);
        _ledger.Add(changes);
        Events.Publish(changes);
        Changed?.Invoke(changes);
    }

    private static partial class Log
    {
        [LoggerMessage(5001, LogLevel.Error, "Jobs cannot be kept: {Reason}. {Hint}")]
        public static partial void Trouble(ILogger logger, string reason, string hint);

        [LoggerMessage(5002, LogLevel.Information, "Jobs are kept again")]
        public static partial void Healed(ILogger logger);

        [LoggerMessage(5003, LogLevel.Error, "The jobs database is damaged; its files are in {Quarantine} and are being salvaged")]
        public static partial void Salvaging(ILogger logger, string quarantine);

        [LoggerMessage(5004, LogLevel.Warning, "Salvaged {Saved} jobs ({FromBackup} from the last copy), lost {Lost}; {InDoubt} idempotency keys are in doubt; the damaged files are in {Quarantine}")]
        public static partial void Salvaged(ILogger logger, int saved, int fromBackup, int lost, int inDoubt, string quarantine);

        [LoggerMessage(5005, LogLevel.Error, "Job {Id} is lost: {Reason}")]
        public static partial void LostJob(ILogger logger, JobId id, string reason);

        [LoggerMessage(5006, LogLevel.Warning, "A write-ahead log appeared beside a database that was closed cleanly; it was moved into quarantine, unread")]
        public static partial void StrayLog(ILogger logger);

        [LoggerMessage(5007, LogLevel.Error, "The write-ahead log of the jobs database is gone: jobs acknowledged shortly before the last stop may be lost; those that are known follow")]
        public static partial void MissingLog(ILogger logger);

        [LoggerMessage(5008, LogLevel.Warning, "No room to keep {Bytes} bytes of ballast aside")]
        public static partial void NoBallast(ILogger logger, long bytes);
    }
}
