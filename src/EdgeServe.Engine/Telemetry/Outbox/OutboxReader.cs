using System.Buffers;
using EdgeServe.Engine.Storage;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>The one reading connection, opened when somebody asks and given up after trouble.</summary>
internal sealed class OutboxReader(string path, Action<int> damaged) : IDisposable
{
    private readonly Lock _gate = new();
    private SqliteConnection? _connection;
    private Statement? _payload;
    private int _generation;

    /// <summary>Rises when the files are replaced.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>Most important class first, oldest first inside it, from behind <paramref name="after"/> on.</summary>
    public List<OutboxBatch> Pending(int limit, long maxBytes, OutboxBatch? after) => Read(connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = after is null
            ? $"SELECT {OutboxRow.Columns} FROM batches ORDER BY class,epoch,sequence,part LIMIT $limit"
            : $"SELECT {OutboxRow.Columns} FROM batches WHERE (class,epoch,sequence,part)>($class,$epoch,$sequence,$part) ORDER BY class,epoch,sequence,part LIMIT $limit";
        command.Parameters.AddWithValue("$limit", limit);
        if (after is not null)
            Key(command, after);
        var found = new List<OutboxBatch>();
        long bytes = 0;
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var batch = OutboxRow.Read(reader);
            bytes += batch.Bytes;
            if (found.Count > 0 && bytes > maxBytes)
                break;
            found.Add(batch);
        }

        return found;
    });

    /// <summary>Appends the payload.</summary>
    /// <returns>Null: the batch is gone. False: it is not what was stored.</returns>
    public bool? Payload(OutboxBatch batch, IBufferWriter<byte> into) => Read<bool?>(_ =>
    {
        using var reader = _payload!.Query((int)batch.Class, batch.Epoch, batch.Sequence, batch.Part);
        if (!reader.Read())
            return null;
        // SQLite's own memory: the reader's interface would copy it twice.
        var payload = raw.sqlite3_column_blob(reader.Handle, 13);
        into.Write(payload);
        return OutboxRow.Sum(OutboxRow.Read(reader), payload) == reader.GetInt64(12);
    });

    public OutboxRetry? Retry(string key) => Read(connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT attempts,not_before,boot FROM retries WHERE key=$key";
        command.Parameters.AddWithValue("$key", key);
        using var reader = command.ExecuteReader();
        return reader.Read() ? new OutboxRetry(key, reader.GetInt32(0), reader.GetInt64(1), reader.GetString(2)) : null;
    });

    /// <summary>The files behind the connection were replaced.</summary>
    public void Renew()
    {
        lock (_gate)
        {
            _generation++;
            Close();
        }
    }

    public void Dispose() => Renew();

    /// <exception cref="StorageException">The database cannot be read now.</exception>
    private T Read<T>(Func<SqliteConnection, T> read)
    {
        lock (_gate)
        {
            try
            {
                // Never makes the file: that is the writer's.
                if (!File.Exists(path))
                    throw new StorageException(StorageError.Broken, $"{path} is not there", "Retry in a moment.");
                return read(_connection ??= Open());
            }
            catch (SqliteException e)
            {
                Close();
                if (SqliteErrors.IsCorruption(e))
                    damaged(_generation);
                throw SqliteErrors.Describe(e);
            }
            catch (Exception e) when (SqliteErrors.IsNonsense(e))
            {
                Close();
                damaged(_generation);
                throw SqliteErrors.Describe(SqliteErrors.Damaged("a row"));
            }
        }
    }

    private SqliteConnection Open()
    {
        var connection = Database.OpenReader(path);
        _payload = new Statement(connection, $"SELECT {OutboxRow.Columns},payload FROM batches WHERE class=?1 AND epoch=?2 AND sequence=?3 AND part=?4");
        return connection;
    }

    private static void Key(SqliteCommand command, OutboxBatch batch)
    {
        command.Parameters.AddWithValue("$class", (int)batch.Class);
        command.Parameters.AddWithValue("$epoch", batch.Epoch);
        command.Parameters.AddWithValue("$sequence", batch.Sequence);
        command.Parameters.AddWithValue("$part", batch.Part);
    }

    private void Close()
    {
        _payload?.Dispose();
        _connection?.Dispose();
        (_payload, _connection) = (null, null);
    }
}
