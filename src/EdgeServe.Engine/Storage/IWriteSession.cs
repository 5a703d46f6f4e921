namespace EdgeServe.Engine.Storage;

/// <summary>An open database as its single writer sees it. Used by one thread.</summary>
internal interface IWriteSession : IDisposable
{
    void Begin();

    /// <summary>Durable when it returns.</summary>
    void Commit();

    void Rollback();

    /// <summary>Tells whoever listens what the transaction that was just committed changed.</summary>
    void Publish();
}
