using EdgeServe.Engine.Models;

namespace EdgeServe.Cli.Tune;

/// <summary>One way to run a model.</summary>
/// <param name="Graph">Its file: another precision is another graph of the same model.</param>
/// <param name="Threads">Inside one run.</param>
/// <param name="Instances">Runs at a time.</param>
/// <param name="Spin">Do idle engine threads keep their core busy?</param>
/// <param name="Batch">Requests that may share a run; 1: none do.</param>
internal sealed record TuneCandidate(string Graph, int Threads, int Instances, bool Spin, int Batch)
{
    private static readonly int[] Batches = [1, 4, 8];

    /// <summary>All that fit so many cores, in a fixed order. A model that cannot share runs is not asked to.</summary>
    public static IReadOnlyList<TuneCandidate> All(IReadOnlyList<string> graphs, int cores, int maxBatchSize)
    {
        int[] powers = [.. Enumerable.Range(0, 8).Select(i => 1 << i).Where(n => n < cores).Append(cores)];
        return [.. from graph in graphs
                   from threads in powers
                   from instances in powers
                   where threads * instances <= cores
                   from spin in threads > 1 ? new[] { false, true } : [false]
                   from batch in Batches
                   where batch == 1 || batch <= maxBatchSize
                   select new TuneCandidate(graph, threads, instances, spin, batch)];
    }

    public ModelDefinition On(ModelDefinition definition) => definition with
    {
        Instances = Instances,
        DynamicBatching = Batch > 1 ? new DynamicBatching([Batch], 0) : null,
        Execution = definition.Execution with { Graph = Graph, IntraOpThreads = Threads, AllowSpinning = Spin },
    };
}
