using EdgeServe.Engine.Inference;
using EdgeServe.Hosting;

namespace EdgeServe.Cli.Doctor;

/// <summary>Does every model load on this device?</summary>
internal static class ModelChecks
{
    public static async Task AddAsync(EdgeServeOptions options, List<Finding> findings, Action<string> progress, CancellationToken cancellation)
    {
        if (ConfiguredVerb.MissingModels(options) is { } missing)
        {
            findings.Add(Finding.Failed("Models", missing, "`serve` would exit with 2."));
            return;
        }

        await using var engine = new LocalEngine(options);
        var listed = engine.Catalog.Repository.List();
        if (listed.Count == 0)
            findings.Add(Finding.Warning("Models", $"none in {engine.Catalog.Repository.Root}", "Put one there as <name>/<version>/model.onnx."));
        foreach (var (name, problem) in listed)
        {
            progress($"Loading {name}");
            findings.Add(problem is null ? await LoadAsync(engine, name, cancellation) : Finding.Failed("Model " + name, problem, "Rename or remove the folder."));
        }
    }

    private static async Task<Finding> LoadAsync(LocalEngine engine, string name, CancellationToken cancellation)
    {
        string check = "Model " + name;
        try
        {
            await engine.Catalog.LoadAsync(name, null, cancellation);
            var versions = engine.Catalog.Current.Find(name)!.Versions;
            var notes = versions.Select(v => v.Served?.ProviderNote).OfType<string>().ToArray();
            string seen = $"version {string.Join(", ", versions.Select(v => v.Version))} loads";
            await engine.Catalog.UnloadAsync(name, cancellation);
            seen = notes.Length == 0 ? seen : $"{seen}; {string.Join("; ", notes)}";
            // Floating point is how some graphs run well; a provider or a library that is asked for and missing is not.
            return !Array.Exists(notes, n => n.Contains("is not ", StringComparison.Ordinal)) ? Finding.Ok(check, seen) : Finding.Warning(check, seen, "Install what is missing, or leave it out of execution.providers, Engine:Providers and Engine:Library.");
        }
        catch (ServingException e)
        {
            return Finding.Failed(check, e.Message, e.Hint ?? "Mend the model's files.");
        }
    }
}
