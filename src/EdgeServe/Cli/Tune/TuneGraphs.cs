using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Models.Golden;

namespace EdgeServe.Cli.Tune;

/// <summary>
/// The graphs of a version that may be compared: its own, and those in another precision that give the golden samples' answers. What
/// is fast and wrong is not measured.
/// </summary>
internal static class TuneGraphs
{
    /// <summary>The model is loaded another way afterwards.</summary>
    public static async Task<TunedGraph[]> FindAsync(LocalEngine engine, ModelFiles files, ModelDefinition definition, CancellationToken cancellation)
    {
        string own = definition.Execution.Graph;
        var found = new List<TunedGraph> { Graph(files, own, null) };
        foreach (string name in files.Graphs().Where(n => n != own))
            found.Add(Graph(files, name, await FaultAsync(engine, files, definition with { Execution = definition.Execution with { Graph = name } }, cancellation)));
        return [.. found];
    }

    private static TunedGraph Graph(ModelFiles files, string name, string? fault) => new(name, new FileInfo(Path.Combine(files.Directory, name)).Length, fault);

    private static async Task<string?> FaultAsync(LocalEngine engine, ModelFiles files, ModelDefinition definition, CancellationToken cancellation)
    {
        try
        {
            var samples = GoldenFolder.Read(files, definition);
            if (samples.Count == 0)
                return "there is no golden sample to judge it by";
            await engine.Catalog.LoadAsync(files.Key.Name, new LoadOverride(definition, null, null, static () => { }), cancellation);
            var model = await engine.Catalog.LeaseAsync(files.Key.Name, files.Key.Version, cancellation);
            try
            {
                var runner = new GoldenRunner(engine.Inference, engine.Time);
                foreach (var sample in samples)
                {
                    var result = await runner.RunAsync(model, sample, 0, cancellation);
                    if (!result.Passed)
                        return $"golden sample {sample.Name}: {result.Failures[0]}";
                }

                return null;
            }
            finally
            {
                model.Release();
            }
        }
        catch (ServingException e)
        {
            return e.Message;
        }
    }
}
