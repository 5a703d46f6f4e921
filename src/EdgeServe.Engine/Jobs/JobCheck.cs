using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// Reads the jobs database through: pages, indexes against rows, the checksum of each row. After a clean stop too: cards
/// forget while the power is off, and a damaged index hides rows that are there.
/// </summary>
internal static class JobCheck
{
    private const int RowsAChunk = 500;

    /// <exception cref="StorageException">It is damaged, which the storage knows now, or cannot be read.</exception>
    public static void Run(JobStorage storage)
    {
        int generation = storage.Readers.Generation;
        string verdict = storage.Readers.Read(r => Database.TextOf(r.Connection, "PRAGMA integrity_check(1)"));
        if (verdict != "ok")
        {
            storage.ReportDamage(generation);
            throw new StorageException(StorageError.Broken, $"the check after the start found damage: {verdict}");
        }

        long last = 0;
        do
        {
            long after = last;
            last = storage.Readers.Read(r => r.CheckRows(after, RowsAChunk));
        }
        while (last > 0);
        storage.IsChecked = true;
    }
}
