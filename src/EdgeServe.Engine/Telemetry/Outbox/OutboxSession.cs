using EdgeServe.Engine.Storage;
using Microsoft.Data.Sqlite;

namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>The outbox as its writer sees it: one transaction at a time; numbers, rows, totals and tombstones change together or not at all.</summary>
internal sealed class OutboxSession : IWriteSession
{
    private const int AtATime = 256;
    private readonly SqliteConnection _connection;
    private readonly Action<OutboxTotals> _published;
    private readonly List<Statement> _statements = [];
    private readonly Statement _begin, _commit, _rollback, _insert, _delete, _oldest, _inRange, _markSent, _payload;
    private readonly Statement _counter, _setCounter, _drops, _putDrop, _deleteDrops, _putRetry, _deleteRetry, _boots, _putBoot, _deleteBoot, _sums, _sentSums;
    private readonly ClassTotals[] _totals = new ClassTotals[OutboxTotals.Classes];
    private bool _shrink;

    public OutboxSession(SqliteConnection connection, Action<OutboxTotals> published)
    {
        _connection = connection;
        _published = published;
        Statement Sql(string text)
        {
            var statement = new Statement(connection, text);
            _statements.Add(statement);
            return statement;
        }

        const string Key = "class=?1 AND epoch=?2 AND sequence=?3 AND part=?4";
        _begin = Sql("BEGIN IMMEDIATE");
        _commit = Sql("COMMIT");
        _rollback = Sql("ROLLBACK");
        _insert = Sql($"INSERT INTO batches ({OutboxRow.Columns},payload) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)");
        _delete = Sql($"DELETE FROM batches WHERE {Key}");
        _oldest = Sql($"SELECT {OutboxRow.Columns} FROM batches WHERE class=?1 ORDER BY epoch,sequence,part LIMIT ?2");
        _inRange = Sql($"SELECT {OutboxRow.Columns} FROM batches WHERE class=?1 AND epoch=?2 AND sequence BETWEEN ?3 AND ?4 ORDER BY sequence,part LIMIT ?5");
        _markSent = Sql($"UPDATE batches SET sent=1 WHERE {Key} AND sent=0");
        _payload = Sql($"SELECT {OutboxRow.Columns},payload FROM batches WHERE {Key}");
        _counter = Sql("SELECT value FROM counters WHERE name=?1");
        _setCounter = Sql("INSERT INTO counters VALUES (?1,?2) ON CONFLICT (name) DO UPDATE SET value=excluded.value");
        _drops = Sql("SELECT epoch,class,reason,ranges,items FROM drops WHERE at_epoch=?1 AND at_sequence=?2 ORDER BY rowid");
        _putDrop = Sql("INSERT INTO drops (at_epoch,at_sequence,epoch,class,reason,ranges,items) VALUES (?1,?2,?3,?4,?5,?6,?7)");
        _deleteDrops = Sql("DELETE FROM drops WHERE at_epoch=?1 AND at_sequence=?2");
        _putRetry = Sql("INSERT OR REPLACE INTO retries VALUES (?1,?2,?3,?4)");
        _boots = Sql("SELECT boot,first_ms,offset,placed FROM boots ORDER BY first_ms");
        _putBoot = Sql("INSERT OR REPLACE INTO boots VALUES (?1,?2,?3,?4)");
        _deleteBoot = Sql("DELETE FROM boots WHERE boot=?1");
        _deleteRetry = Sql("DELETE FROM retries WHERE key=?1");
        _sums = Sql("SELECT class,COUNT(*),SUM(items),SUM(bytes) FROM batches GROUP BY class");
        _sentSums = Sql("SELECT class,COUNT(*) FROM batches WHERE sent=1 GROUP BY class");
        Reload();
    }

    public SqliteConnection Connection => _connection;

    public long Epoch { get; private set; }

    /// <summary>Of the newest batch of the epoch.</summary>
    public long Sequence { get; private set; }

    public long Bytes => _totals.Sum(t => t.Bytes);

    public OutboxTotals Totals => new(Epoch, Sequence, _totals);

    public void Begin() => _begin.Execute();

    public void Commit() => _commit.Execute();

    public void Rollback()
    {
        _shrink = false;
        _rollback.Execute();
        Reload();
    }

    public void Publish()
    {
        if (_shrink)
        {
            // Pages given up in a log are given up only when the log is.
            _shrink = false;
            Database.Execute(_connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        }

        _published(Totals);
    }

    /// <summary>Every statement first: a file with an open one is not closed.</summary>
    public void Dispose()
    {
        _statements.ForEach(s => s.Dispose());
        _connection.Dispose();
    }

    public long Counter(string name) => _counter.Number(name);

    public void SetCounter(string name, long value) => _setCounter.Execute(name, value);

    /// <summary>Numbers begin again, in an epoch that nobody has seen.</summary>
    public void BeginEpoch(long epoch, long opened)
    {
        Epoch = epoch;
        Sequence = 0;
        SetCounter("epoch", epoch);
        SetCounter("opened", opened);
        SetCounter("sequence", 0);
    }

    /// <summary>The next number, for a batch that is inserted in this transaction.</summary>
    public long NextSequence()
    {
        SetCounter("sequence", ++Sequence);
        return Sequence;
    }

    public void Insert(OutboxBatch batch, byte[] payload)
    {
        _insert.Execute(
            (int)batch.Class, batch.Epoch, batch.Sequence, batch.Part, (int)batch.Signal, batch.Items, batch.Bytes, batch.Moment.BootId, batch.Moment.DeviceMs,
            batch.Moment.WallMs, (int)batch.Moment.Quality, batch.Sent ? 1 : 0, OutboxRow.Sum(batch, payload), payload);
        Add(batch, 1);
    }

    /// <returns>False: it was gone already.</returns>
    public bool Delete(OutboxBatch batch)
    {
        if (_delete.Execute((int)batch.Class, batch.Epoch, batch.Sequence, batch.Part) == 0)
            return false;
        Add(batch, -1);
        return true;
    }

    /// <summary>Somebody proved to have it.</summary>
    public void Acknowledge(OutboxBatch batch)
    {
        if (!Delete(batch))
            return;
        if (batch.Class == TelemetryClass.Alarm)
            _deleteDrops.Execute(batch.Epoch, batch.Sequence);
        int kind = (int)batch.Class;
        _totals[kind] = _totals[kind] with { AcknowledgedItems = _totals[kind].AcknowledgedItems + batch.Items };
        SetCounter($"acknowledged.{kind}", _totals[kind].AcknowledgedItems);
    }

    public void MarkSent(OutboxBatch batch)
    {
        if (_markSent.Execute((int)batch.Class, batch.Epoch, batch.Sequence, batch.Part) > 0)
            _totals[(int)batch.Class] = _totals[(int)batch.Class] with { SentBatches = _totals[(int)batch.Class].SentBatches + 1 };
    }

    public void CountDropped(TelemetryClass kind, long items)
    {
        _totals[(int)kind] = _totals[(int)kind] with { DroppedItems = _totals[(int)kind].DroppedItems + items };
        SetCounter($"dropped.{(int)kind}", _totals[(int)kind].DroppedItems);
    }

    /// <summary>The batch as it is stored now; null: it is gone.</summary>
    public OutboxBatch? Find(OutboxBatch batch)
    {
        using var reader = _payload.Query((int)batch.Class, batch.Epoch, batch.Sequence, batch.Part);
        return reader.Read() ? OutboxRow.Read(reader) : null;
    }

    public List<OutboxBatch> Oldest(TelemetryClass kind) => All(_oldest.Query((int)kind, AtATime));

    public List<OutboxBatch> InRange(TelemetryClass kind, BatchRange range) => All(_inRange.Query((int)kind, range.Epoch, range.First, range.Last, AtATime));

    /// <summary>What a tombstone declares; the rows are taken.</summary>
    public List<OutboxDrop> TakeDrops(OutboxBatch tombstone)
    {
        var found = new List<OutboxDrop>();
        using (var reader = _drops.Query(tombstone.Epoch, tombstone.Sequence))
        {
            while (reader.Read())
            {
                int kind = reader.GetInt32(1);
                found.Add(new OutboxDrop(reader.GetInt64(0), kind < 0 ? null : (TelemetryClass)kind, (DropReason)reader.GetInt32(2), reader.GetString(3), reader.GetInt64(4)));
            }
        }

        _deleteDrops.Execute(tombstone.Epoch, tombstone.Sequence);
        return found;
    }

    public void PutDrop(long sequence, OutboxDrop drop) =>
        _putDrop.Execute(Epoch, sequence, drop.Epoch, (int?)drop.Class ?? -1, (int)drop.Reason, drop.Ranges, drop.Items);

    public void PutRetry(OutboxRetry retry) => _putRetry.Execute(retry.Key, retry.Attempts, retry.NotBeforeMs, retry.BootId);

    public void DeleteRetry(string key) => _deleteRetry.Execute(key);

    /// <summary>In the order they were in.</summary>
    public List<Boot> Boots()
    {
        var found = new List<Boot>();
        using var reader = _boots.Query();
        while (reader.Read())
            found.Add(new Boot(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3) != 0));
        return found;
    }

    public void PutBoot(Boot boot) => _putBoot.Execute(boot.Id, boot.FirstMs, boot.OffsetMs, boot.IsPlaced ? 1 : 0);

    public void DeleteBoot(Boot boot) => _deleteBoot.Execute(boot.Id);

    /// <summary>Gives the room of deleted rows back to the disk, once this is committed.</summary>
    public void Shrink()
    {
        Database.Execute(_connection, "PRAGMA incremental_vacuum");
        _shrink = true;
    }

    private void Add(OutboxBatch batch, int sign)
    {
        int kind = (int)batch.Class;
        _totals[kind] = _totals[kind] with
        {
            Batches = _totals[kind].Batches + sign,
            Items = _totals[kind].Items + (sign * batch.Items),
            Bytes = _totals[kind].Bytes + (sign * (long)batch.Bytes),
            SentBatches = _totals[kind].SentBatches + (batch.Sent ? sign : 0),
        };
    }

    /// <summary>What the file says.</summary>
    private void Reload()
    {
        Epoch = Counter("epoch");
        Sequence = Counter("sequence");
        for (int kind = 0; kind < _totals.Length; kind++)
            _totals[kind] = new ClassTotals(0, 0, 0, 0, Counter($"acknowledged.{kind}"), Counter($"dropped.{kind}"));
        using (var reader = _sums.Query())
        {
            while (reader.Read())
                _totals[Kind(reader)] = _totals[Kind(reader)] with { Batches = reader.GetInt64(1), Items = reader.GetInt64(2), Bytes = reader.GetInt64(3) };
        }

        using (var reader = _sentSums.Query())
        {
            while (reader.Read())
                _totals[Kind(reader)] = _totals[Kind(reader)] with { SentBatches = reader.GetInt64(1) };
        }
    }

    private static int Kind(SqliteDataReader reader) =>
        reader.GetInt32(0) is >= 0 and < OutboxTotals.Classes and var kind ? kind : throw SqliteErrors.Damaged("a class of telemetry");

    private static List<OutboxBatch> All(SqliteDataReader reader)
    {
        using (reader)
        {
            var found = new List<OutboxBatch>();
            while (reader.Read())
                found.Add(OutboxRow.Read(reader));
            return found;
        }
    }
}
