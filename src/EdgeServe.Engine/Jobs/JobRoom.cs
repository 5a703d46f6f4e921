using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// Is there room for another job? The disk's free bytes count and, for what goes into the database, the pages inside it
/// that forgotten jobs left: the file never shrinks, so without them a disk that jobs filled would stay full for ever.
/// </summary>
internal sealed class JobRoom(DiskSpace space, JobTotals totals, JobReaders readers, long maxBytes)
{
    /// <returns>Why a job of this size is not taken; null: it is.</returns>
    public StorageException? Refusal(long bytes)
    {
        if (!space.HasRoomFor(bytes) && (bytes >= PayloadFiles.FileFromBytes || !HasPagesFor(bytes)))
            return LittleRoom(bytes);
        return totals.Bytes + bytes <= maxBytes ? null : new StorageException(StorageError.Full, $"jobs keep {totals.Bytes} bytes already, {maxBytes} is the most",
            "Fetch and acknowledge results, or raise Jobs:MaxBytes.");
    }

    /// <returns>Why not even a small job is taken; null: it is.</returns>
    public StorageException? Shortage() => space.FreeBytes >= space.ReserveBytes || HasPagesFor(0) ? null : LittleRoom(0);

    private bool HasPagesFor(long bytes)
    {
        // The log beside the database needs real room.
        if (space.FreeBytes < space.ReserveBytes / 2)
            return false;
        try
        {
            // Half a reserve more than needed, or the answer would change with every job.
            return space.FreeBytes + readers.Read(r => r.FreePageBytes()) - bytes >= space.ReserveBytes + (space.ReserveBytes / 2);
        }
        catch (StorageException)
        {
            return false;
        }
    }

    private StorageException LittleRoom(long bytes) => new(StorageError.Full,
        $"{space.FreeBytes} bytes are free on the disk, {space.ReserveBytes}{(bytes > 0 ? $" and the request's {bytes}" : "")} are needed",
        "Make room on the disk, or acknowledge and delete jobs; jobs are taken again by themselves.");
}
