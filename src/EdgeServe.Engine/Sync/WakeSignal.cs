using System.Threading.Channels;

namespace EdgeServe.Engine.Sync;

/// <summary>Wakes one that waits; any number of wakes before it looks are one.</summary>
internal sealed class WakeSignal(TimeProvider time)
{
    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public void Wake() => _bell.Writer.TryWrite(true);

    /// <summary>Returns when woken, or after that long.</summary>
    public async Task WaitAsync(TimeSpan longest, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await _bell.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Long enough.
        }
    }
}
