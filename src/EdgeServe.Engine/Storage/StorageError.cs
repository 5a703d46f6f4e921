namespace EdgeServe.Engine.Storage;

/// <summary>Everything durable storage can refuse or fail with: a closed set.</summary>
public enum StorageError
{
    /// <summary>No room: the watermark, a budget or the file system itself. Safe to retry once there is room.</summary>
    Full,

    /// <summary>A write was begun and nobody can say whether it lasts. Retry with the same Idempotency-Key.</summary>
    OutcomeUnknown,

    /// <summary>The files cannot be opened or written now. Serving goes on; storage tries again by itself.</summary>
    Broken,

    /// <summary>The database was made by a newer program. Nothing was touched.</summary>
    NewerSchema,

    /// <summary>Another process owns the data directory.</summary>
    InUse,
}
