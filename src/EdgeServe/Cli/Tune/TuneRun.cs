using System.Diagnostics;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;

namespace EdgeServe.Cli.Tune;

/// <summary>Measures one candidate: loads the model that way, and a few clients in this process each send their next request when they have their answer.</summary>
internal sealed class TuneRun(LocalEngine engine, string model, ModelDefinition definition, int clients, TimeSpan length)
{
    /// <summary>Of the time, for the engine to find its feet.</summary>
    private const double WarmUp = 0.2;

    /// <exception cref="ServingException">It does not load or run that way.</exception>
    public async Task<TuneRow> MeasureAsync(TuneCandidate candidate, CancellationToken cancellation)
    {
        await engine.Catalog.LoadAsync(model, new LoadOverride(candidate.On(definition), null, null, static () => { }), cancellation);
        var served = await engine.Catalog.LeaseAsync(model, 0, cancellation);
        try
        {
            var files = engine.Catalog.Repository.Versions(model).First(f => f.Key == served.Key);
            using var request = TuneRequest.Create(served, files, engine.Inference.Memory);
            await LoadAsync(served, request, length * WarmUp, cancellation);
            long start = Stopwatch.GetTimestamp();
            long[] latencies = await LoadAsync(served, request, length * (1 - WarmUp), cancellation);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Array.Sort(latencies);
            return new TuneRow(candidate.Graph, candidate.Threads, candidate.Instances, candidate.Spin, candidate.Batch, Math.Round(latencies.Length / seconds, 1), At(latencies, 0.5), At(latencies, 0.95));
        }
        finally
        {
            served.Release();
        }
    }

    private async Task<long[]> LoadAsync(ServedModel served, TuneRequest request, TimeSpan time, CancellationToken cancellation)
    {
        var each = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(() => ClientAsync(served, request, time, cancellation), cancellation)));
        return [.. each.SelectMany(l => l)];
    }

    private async Task<List<long>> ClientAsync(ServedModel served, TuneRequest request, TimeSpan time, CancellationToken cancellation)
    {
        var latencies = new List<long>();
        long begun = Stopwatch.GetTimestamp();
        do
        {
            long sent = Stopwatch.GetTimestamp();
            using (var one = request.On(served))
            using (await engine.Inference.InferAsync(one, cancellation))
                latencies.Add(Stopwatch.GetTimestamp() - sent);
            // A run on this very thread answers at once: the others are to have their turn.
            await Task.Yield();
        }
        while (Stopwatch.GetElapsedTime(begun) < time);
        return latencies;
    }

    private static double At(long[] latencies, double share) =>
        Math.Round(latencies[Math.Min(latencies.Length - 1, (int)(share * latencies.Length))] * 1000.0 / Stopwatch.Frequency, 3);
}
