using Microsoft.Data.Sqlite;

namespace EdgeServe.Engine.Storage;

/// <summary>A copy of a database that is in use, as of one moment.</summary>
internal static class DatabaseCopy
{
    /// <returns>The path.</returns>
    public static string To(SqliteConnection source, string path)
    {
        File.Delete(path);
        using var target = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ConnectionString);
        target.Open();
        source.BackupDatabase(target);
        // The copy is one file: nothing of it may wait in a log.
        Database.Execute(target, "PRAGMA journal_mode=DELETE");
        return path;
    }
}
