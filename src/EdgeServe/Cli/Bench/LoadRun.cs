using System.Diagnostics;

namespace EdgeServe.Cli.Bench;

/// <summary>Sends the same request over several connections until time or count is up, and keeps every latency.</summary>
internal sealed class LoadRun(LoadLimits limits)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _sent;
    private long _failed;

    /// <summary>Answers so far.</summary>
    public long Answered => Volatile.Read(ref _sent);

    public long Failed => Volatile.Read(ref _failed);

    /// <summary>One thread a connection: blocking calls are the cheapest loader there is.</summary>
    public async Task<LoadResult> RunAsync(int connections, Func<ILoadConnection> connect, CancellationToken cancellation)
    {
        var latencies = new List<long>[connections];
        var workers = new Task[connections];
        for (int i = 0; i < connections; i++)
        {
            var own = latencies[i] = new List<long>(4096);
            workers[i] = Task.Factory.StartNew(() => Work(connect, own, cancellation), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        await Task.WhenAll(workers);
        var elapsed = Stopwatch.GetElapsedTime(_start);
        long[] all = [.. latencies.SelectMany(l => l)];
        Array.Sort(all);
        return new LoadResult(all, Failed, elapsed);
    }

    private void Work(Func<ILoadConnection> connect, List<long> latencies, CancellationToken cancellation)
    {
        ILoadConnection? connection = null;
        try
        {
            while (!cancellation.IsCancellationRequested && TryNext(out long due))
            {
                try
                {
                    connection ??= connect();
                    if (connection.Exchange())
                        latencies.Add(Stopwatch.GetTimestamp() - due);
                    else
                        Interlocked.Increment(ref _failed);
                }
                catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or HttpRequestException or OperationCanceledException)
                {
                    Interlocked.Increment(ref _failed);
                    connection?.Dispose();
                    connection = null;
                }
            }
        }
        finally
        {
            connection?.Dispose();
        }
    }

    /// <summary>Waits until the next request is due.</summary>
    private bool TryNext(out long due)
    {
        long number = Interlocked.Increment(ref _sent) - 1;
        due = Stopwatch.GetTimestamp();
        if (limits.Rate > 0)
        {
            due = _start + (long)(number / limits.Rate * Stopwatch.Frequency);
            var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (wait > TimeSpan.Zero)
                new ManualResetEventSlim().Wait(wait);
        }

        if (number < limits.MaxRequests && Stopwatch.GetElapsedTime(_start, due) < limits.Duration)
            return true;
        Interlocked.Decrement(ref _sent);
        return false;
    }
}
