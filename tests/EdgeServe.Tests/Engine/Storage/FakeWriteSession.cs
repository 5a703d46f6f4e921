using EdgeServe.Engine.Storage;

namespace EdgeServe.Tests.Engine.Storage;

/// <summary>A database whose commits can be held back or fail.</summary>
internal sealed class FakeWriteSession : IWriteSession
{
    private readonly ManualResetEventSlim _go = new(true);
    private TaskCompletionSource _committing = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Commits { get; private set; }

    public int Published { get; private set; }

    public bool IsDisposed { get; private set; }

    public Exception? CommitError { get; init; }

    /// <summary>Completes when a held commit is reached.</summary>
    public Task Committing => _committing.Task;

    public void Hold()
    {
        _committing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _go.Reset();
    }

    public void LetGo() => _go.Set();

    public void Begin()
    {
    }

    public void Commit()
    {
        _committing.TrySetResult();
        _go.Wait();
        if (CommitError is not null)
            throw CommitError;
        Commits++;
    }

    public void Rollback()
    {
    }

    public void Publish() => Published++;

    public void Dispose() => IsDisposed = true;
}
