using Microsoft.Data.Sqlite;

namespace EdgeServe.Engine.Storage;

/// <summary>What SQLite's result codes mean here.</summary>
internal static class SqliteErrors
{
    private const int ReadOnly = 8;
    private const int InputOutput = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int NotADatabase = 26;

    public static bool IsCorruption(SqliteException e) => e.SqliteErrorCode is Corrupt or NotADatabase;

    /// <summary>Values that no program wrote: a null where there is none, a text where a number belongs.</summary>
    public static bool IsNonsense(Exception e) =>
        e is InvalidOperationException or InvalidCastException or FormatException or OverflowException or ArgumentException or IndexOutOfRangeException;

    public static SqliteException Damaged(string what) => new($"{what} cannot be what was written", Corrupt);

    public static bool IsFull(SqliteException e) => e.SqliteErrorCode == Full;

    /// <summary>What a client is told of an error inside a transaction that was not committed for sure.</summary>
    public static StorageException Describe(SqliteException e) => e.SqliteErrorCode switch
    {
        Full => new StorageException(StorageError.Full, "the disk is full", "Make room on the disk; jobs are taken again by themselves.", e),
        InputOutput => new StorageException(StorageError.OutcomeUnknown, $"the disk reported an error ({e.SqliteExtendedErrorCode}): nobody can say whether this was kept", "Retry with the same Idempotency-Key.", e),
        ReadOnly => new StorageException(StorageError.Broken, "the disk is read-only", "Look at the kernel log; a card that turned read-only is usually worn out.", e),
        Corrupt or NotADatabase => new StorageException(StorageError.Broken, "the database is damaged and is being salvaged", "Retry in a moment.", e),
        _ => new StorageException(StorageError.Broken, $"the database cannot be used ({e.SqliteExtendedErrorCode}: {e.Message})", "Storage tries again by itself; `edgeserve doctor` looks at the disk.", e),
    };
}
