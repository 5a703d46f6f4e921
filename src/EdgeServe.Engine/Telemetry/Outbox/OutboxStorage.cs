using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>
/// Opens the outbox's database and decides its epoch: the same when it is the one that numbered the batches so far, the
/// next when it is new, older, replaced or damaged. A damaged one goes to quarantine; nobody but telemetry notices.
/// </summary>
internal sealed partial class OutboxStorage(DataDirectory data, DeviceClock clock, ILogger log)
{
    public const string Migrations = "outbox.migrations.";
    private readonly OutboxEpoch _device = new(data.Device);
    private long _epoch;
    private long _opened;
    private bool _damaged;

    /// <summary>Files were replaced.</summary>
    public event Action? Replaced;

    /// <summary>The next opening finds new files.</summary>
    public void Condemn() => _damaged = true;

    /// <summary>Called on the writer's thread.</summary>
    public OutboxSession Open(Action<OutboxTotals> published, Func<OutboxSession, OutboxCommit> commitOf)
    {
        SqliteLibrary.AssertVersion(SqliteLibrary.Version);
        data.Take();
        if (_damaged)
            Quarantine();
        try
        {
            return OpenFiles(published, commitOf);
        }
        catch (Exception e) when (e is SqliteException sqlite ? SqliteErrors.IsCorruption(sqlite) : SqliteErrors.IsNonsense(e))
        {
            Quarantine();
            return OpenFiles(published, commitOf);
        }
    }

    private OutboxSession OpenFiles(Action<OutboxTotals> published, Func<OutboxSession, OutboxCommit> commitOf)
    {
        if (!File.Exists(data.Outbox))
            Create();
        var connection = Database.OpenWriter(data.Outbox, Migrations, data.IsOnTrial);
        OutboxSession? session = null;
        try
        {
            session = new OutboxSession(connection, published);
            Number(session, commitOf);
            using (var newest = connection.CreateCommand())
            {
                newest.CommandText = "SELECT at_ms FROM batches ORDER BY id DESC LIMIT 1";
                if (newest.ExecuteScalar() is long ms)
                    clock.AtLeast(ms);
            }

            published(session.Totals);
            return session;
        }
        catch
        {
            session?.Dispose();
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Room of deleted rows can be given back to the disk: has to be said before the first page is written.</summary>
    private void Create()
    {
        // Logs of a database that is gone are nothing to believe.
        File.Delete(data.Outbox + "-wal");
        File.Delete(data.Outbox + "-shm");
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = data.Outbox, Pooling = false }.ConnectionString);
        connection.Open();
        Database.Execute(connection, "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL;");
    }

    private void Number(OutboxSession session, Func<OutboxSession, OutboxCommit> commitOf)
    {
        long opened = session.Counter("opened");
        bool known = _epoch > 0
            ? session.Epoch == _epoch && opened == _opened
            : _device.Read() is { } device && session.Epoch == device.Epoch && opened == device.Opened && device.Epoch > 0;
        if (_epoch > 0 && known)
            return;
        long before = known ? 0 : NewestEpoch(session);
        long epoch = known ? session.Epoch : before + 1;
        // The device first: dying in between costs an epoch, never a number used twice.
        _device.Write(epoch, opened + 1);
        session.Begin();
        if (known)
            session.SetCounter("opened", opened + 1);
        else
            BeginEpoch(session, commitOf, epoch, opened + 1);
        session.Commit();
        (_epoch, _opened) = (epoch, opened + 1);
        if (before > 0)
            Log.NewEpoch(log, epoch, before);
    }

    private static void BeginEpoch(OutboxSession session, Func<OutboxSession, OutboxCommit> commitOf, long epoch, long opened)
    {
        // An older copy knows what it had; without one nobody knows how far the numbers went.
        var lost = session.Epoch > 0
            ? new OutboxDrop(session.Epoch, null, DropReason.Lost, $"{session.Sequence + 1}-", 0)
            : new OutboxDrop(epoch - 1, null, DropReason.Lost, "1-", 0);
        session.BeginEpoch(epoch, opened);
        if (lost.Epoch == 0)
            return;
        var commit = commitOf(session);
        commit.Declare(lost);
        commit.Finish();
    }

    private long NewestEpoch(OutboxSession session)
    {
        long newest = Math.Max(session.Epoch, Math.Max(_epoch, _device.Read()?.Epoch ?? 0));
        // Both copies unreadable and no database: running time in milliseconds is more than there ever were epochs.
        return newest == 0 && _device.IsDamaged ? clock.Now : newest;
    }

    private void Quarantine()
    {
        Directory.CreateDirectory(data.Quarantine);
        foreach (string suffix in (string[])["", "-wal", "-shm"])
        {
            // One is kept to look at, the newest: telemetry must not fill the disk with its own remains.
            string file = data.Outbox + suffix;
            string kept = Path.Combine(data.Quarantine, "outbox.db" + suffix);
            File.Delete(kept);
            if (File.Exists(file))
                File.Move(file, kept);
        }

        _damaged = false;
        Replaced?.Invoke();
        Log.Quarantined(log, data.Quarantine);
    }

    private static partial class Log
    {
        [LoggerMessage(7001, LogLevel.Warning, "The telemetry outbox begins epoch {Epoch}: the database of epoch {Before} is gone, older than it was, or damaged")]
        public static partial void NewEpoch(ILogger logger, long epoch, long before);

        [LoggerMessage(7002, LogLevel.Error, "The telemetry outbox is damaged; its files are in {Quarantine} and a new one is begun")]
        public static partial void Quarantined(ILogger logger, string quarantine);
    }
}
