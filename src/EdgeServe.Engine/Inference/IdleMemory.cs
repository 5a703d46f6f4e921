using EdgeServe.Engine.Models;
using Microsoft.Extensions.Hosting;

namespace EdgeServe.Engine.Inference;

/// <summary>Gives tensor memory that nothing asked for in a while back to the system.</summary>
internal sealed class IdleMemory(TensorMemoryPool pool, TimeProvider time) : BackgroundService
{
    /// <summary>Trimming holds up whoever allocates: under load not for less.</summary>
    private const long WorthTrimming = 1 << 20;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (pool.Trim() is > 0 and var freed && (freed >= WorthTrimming || pool.BytesKept == 0))
                ProcessMemory.TrimNative();
        }
    }
}
