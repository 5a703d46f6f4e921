using System.IO.Hashing;
using System.Text;
using EdgeServe.Engine.Jobs.Keys;
using EdgeServe.Engine.Storage;
using Microsoft.Data.Sqlite;

namespace EdgeServe.Engine.Jobs;

/// <summary>The jobs database as its writer sees it: one transaction at a time, every row written with its checksum.</summary>
internal sealed class JobSession : IWriteSession
{
    internal const string KeyQuery = "SELECT body,id,sum FROM keys WHERE owner=?1 AND key=?2";
    private const int EventBlock = 10_000;
    private readonly SqliteConnection _connection;
    private readonly Action<IReadOnlyList<JobChange>> _published;
    private readonly Action<KeyRef> _erase;
    private readonly List<JobChange> _changes = [];
    private readonly List<KeyRef> _erased = [];
    private readonly List<Statement> _statements = [];
    private string _served = "";
    private readonly Statement _begin, _commit, _rollback;
    private readonly Statement _insert, _update, _delete, _bySeq, _byId, _due, _running, _suspects, _nextDue, _nextExpiry, _expired, _oldestDone;
    private readonly Statement _putPayload, _payload, _deletePayload;
    private readonly Statement _key, _putKey, _pruneKeys, _lost, _events, _reserveEvents, _lastSeq;
    private long _event;
    private long _reserved;
    private long _seq;

    /// <param name="connection">Owned from now on.</param>
    /// <param name="published">Told of every transaction that lasts.</param>
    /// <param name="erase">Destroys a key whose job let go of everything it sealed.</param>
    public JobSession(SqliteConnection connection, Action<IReadOnlyList<JobChange>> published, Action<KeyRef> erase)
    {
        _connection = connection;
        _published = published;
        _erase = erase;
        Statement Sql(string text)
        {
            var statement = new Statement(connection, text);
            _statements.Add(statement);
            return statement;
        }

        string placeholders = string.Join(',', Enumerable.Range(1, JobRow.Columns.Count(c => c == ',') + 1).Select(i => "?" + i));
        string assignments = string.Join(',', JobRow.Columns.Split(',').Select((c, i) => $"{c}=?{i + 1}").Skip(1));
        string select = $"SELECT {JobRow.Columns} FROM jobs ";
        _begin = Sql("BEGIN IMMEDIATE");
        _commit = Sql("COMMIT");
        _rollback = Sql("ROLLBACK");
        _insert = Sql($"INSERT INTO jobs ({JobRow.Columns}) VALUES ({placeholders})");
        _update = Sql($"UPDATE jobs SET {assignments} WHERE seq=?1");
        _delete = Sql("DELETE FROM jobs WHERE seq=?1");
        _bySeq = Sql(select + "WHERE seq=?1");
        _byId = Sql(select + "WHERE id=?1");
        _due = Sql(select + "WHERE state=0 AND owner>?2 AND due_ms<=?1 AND (not_after_ms=0 OR not_after_ms>?1) ORDER BY owner,priority,seq LIMIT 1");
        _running = Sql(select + "WHERE state=1");
        _suspects = Sql(select + "WHERE state=0 AND deaths>0");
        _nextDue = Sql("SELECT MIN(due_ms) FROM jobs WHERE state=0 AND due_ms>?1");
        _nextExpiry = Sql("SELECT MIN(not_after_ms) FROM jobs WHERE state=0 AND not_after_ms>0");
        _expired = Sql(select + "WHERE state=0 AND not_after_ms>0 AND not_after_ms<=?1 LIMIT 100");
        _oldestDone = Sql(select + "WHERE state>=2 ORDER BY seq LIMIT ?1");
        _putPayload = Sql("INSERT OR REPLACE INTO payloads (number,envelope) VALUES (?1,?2)");
        _payload = Sql("SELECT envelope FROM payloads WHERE number=?1");
        _deletePayload = Sql("DELETE FROM payloads WHERE number=?1");
        _key = Sql(KeyQuery);
        _putKey = Sql("INSERT INTO keys (owner,key,body,id,sum) VALUES (?1,?2,?3,?4,?5)");
        _pruneKeys = Sql("DELETE FROM keys WHERE number<=(SELECT MAX(number) FROM keys)-?1 AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id=keys.id)");
        _lost = Sql("INSERT OR REPLACE INTO lost (id,reason) VALUES (?1,?2)");
        _events = Sql("SELECT value FROM counters WHERE name='events'");
        _reserveEvents = Sql("UPDATE counters SET value=?1 WHERE name='events'");
        _lastSeq = Sql("SELECT MAX(seq) FROM jobs");
        _event = _reserved = _events.Number();
        _seq = _lastSeq.Number();
    }

    public SqliteConnection Connection => _connection;

    public void Begin() => _begin.Execute();

    public void Commit() => _commit.Execute();

    public void Rollback()
    {
        _changes.Clear();
        _erased.Clear();
        // Numbers handed out in vain stay unused.
        _reserved = _event;
        _rollback.Execute();
    }

    public void Publish()
    {
        // After the commit: one that is undone leaves a job that needs its key. Before anybody is told.
        _erased.ForEach(_erase);
        _erased.Clear();
        if (_changes.Count == 0)
            return;
        _published([.. _changes]);
        _changes.Clear();
    }

    /// <summary>Every statement first: a file with an open one is not closed.</summary>
    public void Dispose()
    {
        _statements.ForEach(s => s.Dispose());
        _connection.Dispose();
    }

    /// <summary>Adds a job with the next numbers.</summary>
    public Job Add(Job job, StoredPayload request)
    {
        job = job with { Seq = ++_seq, Event = NextEvent(), Request = request.Place, RequestBytes = request.Bytes, Key = request.Key };
        _insert.Execute(JobRow.Values(job));
        if (request.Envelope is { } envelope)
            PutPayload(job, PayloadPart.Request, envelope);
        _changes.Add(new JobChange(null, job));
        return job;
    }

    /// <summary>Writes a job's new row. A new state gets a new event number; a key that seals nothing any more is destroyed.</summary>
    public Job Update(Job before, Job after)
    {
        if (!after.Key.IsNone && !after.HasPayload)
        {
            _erased.Add(after.Key);
            after = after with { Key = default };
        }

        if (before.State != after.State)
            after = after with { Event = NextEvent() };
        _update.Execute(JobRow.Values(after));
        _changes.Add(new JobChange(before, after));
        return after;
    }

    /// <summary>Takes the job, its small payloads and its key away; files are the caller's, after the commit.</summary>
    public void Remove(Job job)
    {
        DeletePayload(job, PayloadPart.Request);
        DeletePayload(job, PayloadPart.Result);
        _delete.Execute(job.Seq);
        if (!job.Key.IsNone)
            _erased.Add(job.Key);
        _changes.Add(new JobChange(job, null));
    }

    public Job? Find(JobId id) => First(_byId.Query(id.ToBytes()));

    public Job? Find(long seq) => First(_bySeq.Query(seq));

    /// <summary>The next job to run at this time: owners take turns, so that nobody waits behind somebody else's thousands.</summary>
    public Job? NextDue(long now)
    {
        var next = First(_due.Query(now, _served)) ?? (_served.Length > 0 ? First(_due.Query(now, "")) : null);
        _served = next?.Owner ?? "";
        return next;
    }

    /// <summary>When a waiting job becomes due or expires next; 0: none does.</summary>
    public long NextMoment(long now)
    {
        long due = _nextDue.Number(now);
        long expiry = _nextExpiry.Number();
        return due == 0 || (expiry > 0 && expiry < due) ? expiry : due;
    }

    /// <summary>When a waiting job expires next; 0: none does.</summary>
    public long NextExpiry() => _nextExpiry.Number();

    public List<Job> Running() => All(_running.Query());

    /// <summary>Waiting jobs that were running when a process died.</summary>
    public List<Job> Suspects() => All(_suspects.Query());

    public List<Job> Expired(long now) => All(_expired.Query(now));

    /// <summary>Finished jobs, oldest first.</summary>
    public List<Job> OldestDone(int count) => All(_oldestDone.Query(count));

    public void PutPayload(Job job, PayloadPart part, byte[] envelope) => _putPayload.Execute(Number(job, part), envelope);

    public byte[]? Payload(Job job, PayloadPart part)
    {
        using var reader = _payload.Query(Number(job, part));
        return reader.Read() ? reader.GetFieldValue<byte[]>(0) : null;
    }

    public void DeletePayload(Job job, PayloadPart part)
    {
        var place = part == PayloadPart.Request ? job.Request : job.Result;
        if (place == PayloadPlace.Database)
            _deletePayload.Execute(Number(job, part));
    }

    public JobKey? FindKey(string owner, string key)
    {
        using var reader = _key.Query(owner, key);
        return ReadKey(reader, owner, key);
    }

    /// <param name="reader">Of <see cref="KeyQuery"/>.</param>
    /// <param name="owner">Whose key.</param>
    /// <param name="key">Its text.</param>
    internal static JobKey? ReadKey(SqliteDataReader reader, string owner, string key)
    {
        if (!reader.Read())
            return null;
        byte[] body = reader.GetFieldValue<byte[]>(0);
        byte[] id = reader.GetFieldValue<byte[]>(1);
        return KeySum(owner, key, body, id) == reader.GetInt64(2) ? new JobKey(body, JobId.From(id)) : throw SqliteErrors.Damaged("an Idempotency-Key");
    }

    public void PutKey(string owner, string key, byte[] body, JobId id)
    {
        byte[] bytes = id.ToBytes();
        _putKey.Execute(owner, key, body, bytes, KeySum(owner, key, body, bytes));
    }

    /// <summary>Keeps the newest keys, and every key whose job is still here.</summary>
    public int PruneKeys(int keep) => _pruneKeys.Execute(keep);

    public void PutLost(JobId id, string reason) => _lost.Execute(id.ToBytes(), reason);

    public static long Number(Job job, PayloadPart part) => (job.Seq * 2) + (int)part;

    internal static long KeySum(string owner, string key, byte[] body, byte[] id)
    {
        var hash = new XxHash3();
        hash.Append(Encoding.UTF8.GetBytes($"{owner}\n{key}\n"));
        hash.Append(body);
        hash.Append(id);
        return (long)hash.GetCurrentHashAsUInt64();
    }

    private long NextEvent()
    {
        if (_event == _reserved)
        {
            // Skips what a transaction that was rolled back had reserved; never goes back.
            _event = _events.Number() > _event ? _events.Number() : _event;
            _reserved = _event + EventBlock;
            _reserveEvents.Execute(_reserved);
        }

        return ++_event;
    }

    private static Job? First(SqliteDataReader reader)
    {
        using (reader)
            return reader.Read() ? JobRow.ReadIntact(reader) : null;
    }

    private static List<Job> All(SqliteDataReader reader)
    {
        using (reader)
        {
            var found = new List<Job>();
            while (reader.Read())
                found.Add(JobRow.ReadIntact(reader));
            return found;
        }
    }
}
