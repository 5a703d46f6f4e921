using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Models.Golden;

namespace EdgeServe.Engine.Updates;

/// <summary>Step 4 of the update flow: a new version answers its golden samples on this very device, in time and within memory.</summary>
internal sealed class SmokeTest(GoldenRunner runner, long memoryBudgetBytes)
{
    /// <summary>Slower than the version that serves by more than this is too slow, unless its definition says otherwise.</summary>
    public const double LatencyFactor = 3;

    /// <summary>What a loaded little board may add to any run.</summary>
    public const double LatencyAllowanceMilliseconds = 20;

    private const int Repeats = 8;

    /// <exception cref="BundleException"><see cref="BundleError.GoldenFailed"/>, <see cref="BundleError.TooSlow"/> or <see cref="BundleError.OutOfMemory"/>.</exception>
    public async Task RunAsync(StagedModel staged, CancellationToken cancellation)
    {
        var (name, version) = staged.Files.Key;
        if (staged.Growth > memoryBudgetBytes)
        {
            throw new BundleException(BundleError.OutOfMemory, $"{name}/{version} took {staged.Growth >> 20} MiB to load, all models together may have {memoryBudgetBytes >> 20}",
                "Publish a smaller model, or raise Repository:MemoryBudgetBytes.");
        }

        foreach (var sample in Samples(staged))
        {
            var result = await runner.RunAsync(staged.Candidate, sample, Repeats, cancellation);
            cancellation.ThrowIfCancellationRequested();
            if (!result.Passed)
            {
                throw new BundleException(BundleError.GoldenFailed, $"{name}/{version} answers golden sample '{sample.Name}' differently on this device: {string.Join("; ", result.Failures)}",
                    "Tell head office; the models that served before still do.");
            }

            double ceiling = await CeilingAsync(staged, sample, cancellation);
            if (result.Milliseconds > ceiling)
            {
                throw new BundleException(BundleError.TooSlow, FormattableString.Invariant($"{name}/{version} takes {result.Milliseconds:F1} ms for golden sample '{sample.Name}' on this device, {ceiling:F1} ms is the most"),
                    "Publish a faster model, or say max_latency_microseconds in its definition.");
            }
        }
    }

    private static IReadOnlyList<GoldenSample> Samples(StagedModel staged)
    {
        try
        {
            return GoldenFolder.Read(staged.Files, staged.Candidate.Definition);
        }
        catch (ServingException e)
        {
            throw new BundleException(BundleError.GoldenFailed, e.Message, "Tell head office; the models that served before still do.", e);
        }
    }

    private async Task<double> CeilingAsync(StagedModel staged, GoldenSample sample, CancellationToken cancellation)
    {
        if (staged.Candidate.Definition.MaxLatencyMicroseconds is { } own)
            return own / 1000.0;
        if (staged.Running is null)
            return double.MaxValue;
        // The old version's answers do not matter, only its time; where it cannot take the sample at all there is none.
        var before = await runner.RunAsync(staged.Running, sample, Repeats, cancellation);
        cancellation.ThrowIfCancellationRequested();
        return before.Milliseconds > 0 ? (before.Milliseconds * LatencyFactor) + LatencyAllowanceMilliseconds : double.MaxValue;
    }
}
