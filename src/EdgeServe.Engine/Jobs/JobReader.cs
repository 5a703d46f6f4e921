using EdgeServe.Engine.Models;
using EdgeServe.Engine.Storage;
using Microsoft.Data.Sqlite;

namespace EdgeServe.Engine.Jobs;

/// <summary>A connection that only reads. Used by one caller at a time.</summary>
internal sealed class JobReader : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Statement _byId, _list, _since, _payload, _lost, _named, _rows, _pinned, _freePages, _reserved, _key, _keyRefs;

    public JobReader(string path)
    {
        _connection = Database.OpenReader(path);
        string select = $"SELECT {JobRow.Columns} FROM jobs ";
        _byId = new Statement(_connection, select + "WHERE id=?1 AND owner=?2");
        _list = new Statement(_connection, select + "WHERE owner=?1 AND seq<?2 AND (?3<0 OR state=?3) AND (?4='' OR model=?4) ORDER BY seq DESC LIMIT ?5");
        _since = new Statement(_connection, select + "WHERE owner=?1 AND event>?2 ORDER BY event LIMIT ?3");
        _payload = new Statement(_connection, "SELECT envelope FROM payloads WHERE number=?1");
        _named = new Statement(_connection, "SELECT places FROM jobs WHERE id=?1");
        _rows = new Statement(_connection, select + "WHERE seq>?1 ORDER BY seq LIMIT ?2");
        _lost = new Statement(_connection, "SELECT reason FROM lost WHERE id=?1");
        _pinned = new Statement(_connection, "SELECT DISTINCT model, version, accepted_version FROM jobs WHERE state<2");
        _reserved = new Statement(_connection, "SELECT value FROM counters WHERE name='events'");
        _key = new Statement(_connection, JobSession.KeyQuery);
        _keyRefs = new Statement(_connection, "SELECT payload_key FROM jobs WHERE payload_key<>0");
        _freePages = new Statement(_connection, "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size");
    }

    public SqliteConnection Connection => _connection;

    public Job? Find(string owner, JobId id)
    {
        using var reader = _byId.Query(id.ToBytes(), owner);
        return reader.Read() ? JobRow.ReadIntact(reader) : null;
    }

    public JobKey? FindKey(string owner, string key)
    {
        using var reader = _key.Query(owner, key);
        return JobSession.ReadKey(reader, owner, key);
    }

    /// <summary>Newest first.</summary>
    public List<Job> List(string owner, JobFilter filter) => All(_list.Query(
        owner, filter.Before > 0 ? filter.Before : long.MaxValue, filter.State is { } state ? (int)state : -1, filter.Model ?? "", filter.Limit));

    /// <summary>Jobs that changed after an event, in the order they changed.</summary>
    public List<Job> Since(string owner, long last, int limit) => All(_since.Query(owner, last, limit));

    public byte[]? Payload(Job job, PayloadPart part)
    {
        using var reader = _payload.Query(JobSession.Number(job, part));
        return reader.Read() ? reader.GetFieldValue<byte[]>(0) : null;
    }

    /// <summary>Does the job's row name this payload as a file?</summary>
    public bool Names(JobId id, PayloadPart part)
    {
        using var reader = _named.Query(id.ToBytes());
        return reader.Read() && (PayloadPlace)((reader.GetInt32(0) >> (part == PayloadPart.Request ? 0 : 4)) & 15) == PayloadPlace.File;
    }

    /// <summary>Reads rows for their checksums' sake.</summary>
    /// <returns>The last one read; 0: there are no more.</returns>
    /// <exception cref="SqliteException">One does not match.</exception>
    public long CheckRows(long after, int count)
    {
        var rows = All(_rows.Query(after, count));
        return rows.Count == 0 ? 0 : rows[^1].Seq;
    }

    /// <summary>No event has a higher number.</summary>
    public long ReservedEvents()
    {
        using var reader = _reserved.Query();
        return reader.Read() ? reader.GetInt64(0) : 0;
    }

    /// <returns>Why the job is lost; null when it is not.</returns>
    public string? LostReason(JobId id)
    {
        using var reader = _lost.Query(id.ToBytes());
        return reader.Read() ? reader.GetString(0) : null;
    }

    /// <summary>The keys jobs name.</summary>
    public HashSet<long> Keys()
    {
        using var reader = _keyRefs.Query();
        var keys = new HashSet<long>();
        while (reader.Read())
            keys.Add(reader.GetInt64(0));
        return keys;
    }

    /// <summary>Bytes inside the file that nothing uses.</summary>
    public long FreePageBytes()
    {
        using var reader = _freePages.Query();
        return reader.Read() ? reader.GetInt64(0) : 0;
    }

    /// <summary>Versions that jobs which are not done were accepted with, or asked for.</summary>
    public HashSet<ModelVersionKey> Pinned()
    {
        using var reader = _pinned.Query();
        var pinned = new HashSet<ModelVersionKey>();
        while (reader.Read())
        {
            pinned.Add(new ModelVersionKey(reader.GetString(0), reader.GetInt64(1)));
            pinned.Add(new ModelVersionKey(reader.GetString(0), reader.GetInt64(2)));
        }

        return pinned;
    }

    public void Dispose()
    {
        foreach (var statement in new[] { _byId, _list, _since, _payload, _lost, _named, _rows, _pinned, _freePages, _reserved, _key, _keyRefs })
            statement.Dispose();
        _connection.Dispose();
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
