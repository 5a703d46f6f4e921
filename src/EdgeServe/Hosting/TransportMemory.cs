namespace EdgeServe.Hosting;

/// <summary>Lets the transport's memory fall again once the connections are gone.</summary>
internal sealed class TransportMemory(LargeBlockPoolFactory pools, TimeProvider time) : BackgroundService
{
    private const long WorthCollecting = 4L << 20;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            // Nothing collects on an idle server, and what was let go would stay resident.
            if (pools.Trim() >= WorthCollecting)
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }
}
