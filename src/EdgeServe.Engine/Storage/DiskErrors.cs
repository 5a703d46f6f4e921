namespace EdgeServe.Engine.Storage;

/// <summary>What an I/O error of a plain file means here.</summary>
internal static class DiskErrors
{
    private const int NoSpace = 28;      // ENOSPC
    private const int QuotaExceeded = 122; // EDQUOT
    private const int ReadOnly = 30;     // EROFS

    public static StorageException Describe(Exception e) => (e.HResult & 0xFFFF) switch
    {
        NoSpace or QuotaExceeded or 0x70 => new StorageException(StorageError.Full, "the disk is full", "Make room on the disk; jobs are taken again by themselves.", e),
        ReadOnly => new StorageException(StorageError.Broken, "the disk is read-only", "Look at the kernel log; a card that turned read-only is usually worn out.", e),
        _ => new StorageException(StorageError.Broken, $"the data directory cannot be written: {e.Message}", "`edgeserve doctor` looks at the disk.", e),
    };
}
