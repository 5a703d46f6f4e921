using System.Buffers.Binary;
using EdgeServe.Engine.Storage;
using Microsoft.Data.Sqlite;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// The first page of a database says where its tables are; without it nothing else can be found. The same migrations put
/// the same tables at the same places, so that a new database's first page can stand in for a damaged one.
/// </summary>
internal static class FirstPage
{
    private const int PageBytes = 4096;
    private const int FileChangeCounter = 24;
    private const int FirstFreelistPage = 32;
    private const int FreelistPages = 36;
    private const int VersionValidFor = 92;

    /// <summary>Can the database at least say which tables it has?</summary>
    public static bool IsReadable(string path)
    {
        try
        {
            using var connection = Open(path);
            return Database.ScalarOf(connection, "SELECT COUNT(*) FROM sqlite_schema WHERE name IN ('jobs','payloads','keys','counters')") == 4
                && Database.ScalarOf(connection, "SELECT COUNT(*) FROM counters") >= 0;
        }
        catch (SqliteException)
        {
            return false;
        }
    }

    /// <summary>Puts a new first page in, the damaged one beside the file.</summary>
    public static void Replace(string path)
    {
        string fresh = path + ".fresh";
        File.Delete(fresh);
        using (var connection = Database.OpenWriter(fresh, JobStorage.Migrations))
            Database.Execute(connection, "PRAGMA journal_mode=DELETE");
        byte[] page = new byte[PageBytes];
        using (var source = File.OpenHandle(fresh))
            RandomAccess.Read(source, page, 0);
        File.Delete(fresh);
        // Two numbers that differ tell SQLite to go by the file's length; no page is known to be free.
        BinaryPrimitives.WriteInt32BigEndian(page.AsSpan(FileChangeCounter), 2);
        BinaryPrimitives.WriteInt32BigEndian(page.AsSpan(VersionValidFor), 1);
        page.AsSpan(FirstFreelistPage, 4).Clear();
        page.AsSpan(FreelistPages, 4).Clear();
        // Written and read by the log, as it was.
        page[18] = page[19] = 2;
        using var target = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        byte[] damaged = new byte[PageBytes];
        int read = RandomAccess.Read(target, damaged, 0);
        File.WriteAllBytes(path + ".page1", damaged[..read]);
        RandomAccess.Write(target, page, 0);
        RandomAccess.FlushToDisk(target);
    }

    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ConnectionString);
        connection.Open();
        return connection;
    }
}
