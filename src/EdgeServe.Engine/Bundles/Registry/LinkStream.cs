namespace EdgeServe.Engine.Bundles.Registry;

/// <summary>
/// A body as it comes over the link: counted against the budget, and given up when it is silent or trickles. A steady slow
/// link is neither, however long it takes. Time the reader spends elsewhere does not count.
/// </summary>
internal sealed class LinkStream(Stream inner, IDisposable owner, LinkBudget budget, TimeSpan patience, TimeProvider time) : Stream
{
    /// <summary>What has to come before patience runs out: 23 kbit/s brings forty times as much in a minute.</summary>
    public const int LeastBytes = 4 << 10;

    private TimeSpan _waited;
    private int _came;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        budget.Require();
        long began = time.GetTimestamp();
        int count;
        using (var limit = new CancellationTokenSource(patience > _waited ? patience - _waited : TimeSpan.Zero, time))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken))
        {
            try
            {
                count = await inner.ReadAsync(buffer, either.Token);
            }
            catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new BundleException(BundleError.SourceUnavailable, $"the registry gave less than {LeastBytes} bytes in {patience.TotalSeconds:F0} s", "What came is kept; the next attempt goes on from there.", e);
            }
        }

        _waited += time.GetElapsedTime(began);
        _came += count;
        if (_came >= LeastBytes)
            (_waited, _came) = (TimeSpan.Zero, 0);
        await budget.SpendAsync(count, cancellationToken);
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        // The response, not only its body: an unread rest closes the connection instead of being read.
        if (disposing)
            owner.Dispose();
        base.Dispose(disposing);
    }
}
