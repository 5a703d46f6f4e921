using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Engine.Bundles.Registry;

/// <summary>Gives so many bytes every so often, by a clock of its own.</summary>
internal sealed class SlowStream(FakeTimeProvider time, int bytes, TimeSpan every, long total) : MemoryStream
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        time.Advance(every);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<int>(cancellationToken);
        int count = (int)Math.Min(bytes, total);
        total -= count;
        return ValueTask.FromResult(count);
    }
}
