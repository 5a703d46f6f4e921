using System.Globalization;
using Microsoft.Data.Sqlite;

namespace EdgeServe.Engine.Storage;

/// <summary>Opens SQLite files the one way that keeps what was acknowledged: write-ahead log, fsync at every commit.</summary>
internal static class Database
{
    /// <summary>The writer's connection, with every migration applied.</summary>
    /// <param name="path">Made if need be.</param>
    /// <param name="migrations">Prefix of their scripts.</param>
    /// <param name="held">The program may still be taken back: no migration is made, and a database that needs one stays closed.</param>
    /// <exception cref="StorageException"><see cref="StorageError.NewerSchema"/>; <see cref="StorageError.Broken"/> when a migration is held.</exception>
    public static SqliteConnection OpenWriter(string path, string migrations, bool held = false)
    {
        var connection = Open(path, SqliteOpenMode.ReadWriteCreate);
        try
        {
            // FULL: a commit returns when its bytes are on the disk. A damaged page is an error, not an answer.
            // FAST: what is deleted on a page that is written anyway is zeroed.
            // Pages beyond a cache of 1 MiB (for reading half of it) are in the system's: a box with a gigabyte keeps them once.
            Execute(connection, """
                PRAGMA journal_mode=WAL;
                PRAGMA synchronous=FULL;
                PRAGMA wal_autocheckpoint=1000;
                PRAGMA journal_size_limit=8388608;
                PRAGMA cell_size_check=ON;
                PRAGMA secure_delete=FAST;
                PRAGMA trusted_schema=OFF;
                PRAGMA temp_store=MEMORY;
                PRAGMA cache_size=-1024;
                """);
            Migrate(connection, path, migrations, held);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static SqliteConnection OpenReader(string path)
    {
        var connection = Open(path, SqliteOpenMode.ReadWrite);
        Execute(connection, "PRAGMA query_only=ON; PRAGMA cell_size_check=ON; PRAGMA trusted_schema=OFF; PRAGMA cache_size=-512;");
        return connection;
    }

    /// <summary>Gives the disk back what the write-ahead log keeps for its next round.</summary>
    public static void EmptyLog(string path)
    {
        using var connection = Open(path, SqliteOpenMode.ReadWrite);
        Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public static long ScalarOf(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    public static string TextOf(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture) ?? "";
    }

    /// <summary>A schema number no migration reaches was written by a newer program.</summary>
    private static void Migrate(SqliteConnection connection, string path, string prefix, bool held)
    {
        long version = ScalarOf(connection, "PRAGMA user_version");
        string[] scripts = [.. Scripts(prefix)];
        if (version > scripts.Length)
        {
            throw new StorageException(StorageError.NewerSchema, $"{path} has schema {version}, this program knows {scripts.Length}",
                "It was written by a newer program: install that one again. Nothing was changed.");
        }

        if (version < scripts.Length && held)
        {
            throw new StorageException(StorageError.Broken, $"the program is on trial and {path} waits for its new schema: the program before could not read that",
                "Retry in some minutes: it goes on when the trial is over.");
        }

        for (int i = (int)version; i < scripts.Length; i++)
            Execute(connection, $"BEGIN IMMEDIATE; {scripts[i]}; PRAGMA user_version={i + 1}; COMMIT;");
    }

    private static IEnumerable<string> Scripts(string prefix)
    {
        var assembly = typeof(Database).Assembly;
        foreach (string name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return reader.ReadToEnd();
        }
    }

    private static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        // No pool: a connection that saw an error must really close its files.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 5 }.ConnectionString);
        connection.Open();
        return connection;
    }
}
