using System.Buffers;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Jobs;

/// <summary>A job whose request is still arriving. Disposing one that was not submitted leaves nothing behind.</summary>
public sealed class JobDraft : IDisposable
{
    private readonly Action _dropped;
    private readonly Func<Exception, StorageException> _describe;

    internal JobDraft(JobId id, PayloadWriter request, Action dropped, Func<Exception, StorageException> describe)
    {
        Id = id;
        Request = request;
        _dropped = dropped;
        _describe = describe;
    }

    public JobId Id { get; }

    internal PayloadWriter Request { get; }

    /// <exception cref="StorageException">The disk did not take it.</exception>
    public void Write(ReadOnlySequence<byte> content)
    {
        try
        {
            Request.Write(content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw _describe(e);
        }
    }

    public void Dispose()
    {
        Request.Dispose();
        if (!Request.IsComplete)
            _dropped();
    }
}
