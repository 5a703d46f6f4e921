using EdgeServe.Engine.Models;
using Microsoft.Extensions.Hosting;

namespace EdgeServe.Engine.Inference;

/// <summary>Gives tensor memory back to the system once nothing has asked for any for a while.</summary>
internal sealed class IdleMemory(TensorMemoryPool pool, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (pool.Trim())
                ProcessMemory.TrimNative();
        }
    }
}
