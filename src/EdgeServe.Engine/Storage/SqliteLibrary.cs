using Microsoft.Data.Sqlite;

namespace EdgeServe.Engine.Storage;

/// <summary>The SQLite library in use, and the oldest that is safe.</summary>
public static class SqliteLibrary
{
    /// <summary>Before this, two connections that write and checkpoint at once can lose committed WAL writes.</summary>
    public static readonly Version Oldest = new(3, 51, 3);

    public static string Version
    {
        get
        {
            using var connection = new SqliteConnection("Data Source=:memory:");
            connection.Open();
            return connection.ServerVersion;
        }
    }

    /// <exception cref="StorageException">The library is too old to be trusted with what was acknowledged.</exception>
    public static void AssertVersion(string version)
    {
        if (System.Version.Parse(version) < Oldest)
            throw new StorageException(StorageError.Broken, $"SQLite {version} can lose committed writes; {Oldest} or later is needed", "Use the library that comes with the program.");
    }
}
