using System.CommandLine;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Models.Golden;

namespace EdgeServe.Cli.Models;

/// <summary><c>edgeserve model list</c>: every version in the folder, read from its files.</summary>
internal static class ModelListVerb
{
    public static Command Create()
    {
        var json = ConfiguredVerb.JsonOption();
        return new Command("list", "List every model and version in the folder.") { json }.WithConfiguration((parsed, configuration, _) =>
        {
            if (ConfiguredVerb.MissingModels(configuration.Options) is { } missing)
                return Task.FromResult(Report.Errors([missing], ExitCodes.Usage));
            Print(new ModelRepository(Path.GetFullPath(configuration.Options.Repository.Path)), parsed.GetValue(json));
            return Task.FromResult(ExitCodes.Ok);
        });
    }

    public static IEnumerable<ModelRow> Rows(ModelRepository repository)
    {
        foreach (var (name, problem) in repository.List())
        {
            if (problem is not null)
                yield return new ModelRow(name, null, 0, null, 0, null, null, [problem]);
            else
                foreach (var files in repository.Versions(name))
                    yield return Row(files);
        }
    }

    private static ModelRow Row(ModelFiles files)
    {
        var problems = new List<string>();
        var definition = ModelLoader.ReadDefinition(files, problems);
        ModelLoader.CheckGraph(files, definition, problems);
        int samples = 0;
        try
        {
            samples = GoldenFolder.Read(files, definition).Count;
        }
        catch (ServingException e)
        {
            problems.Add(e.Message);
        }

        return new ModelRow(files.Key.Name, files.Key.Version, new FileInfo(files.ModelPath).Length, definition.MaxBatchSize, samples,
            definition.Licence, definition.Description, [.. problems]);
    }

    private static void Print(ModelRepository repository, bool json)
    {
        ModelRow[] rows = [.. Rows(repository)];
        if (json)
        {
            CliJson.Print(rows, CliJson.Indented.ModelRowArray);
            return;
        }

        var table = Terminal.Table("Model", "Version", "Size", "Batch", "Golden", "Licence", "Description");
        foreach (var row in rows.Where(r => r.Version is not null))
        {
            table.AddText(row.Name, row.Version.ToString()!, Terminal.Bytes(row.Bytes), row.MaxBatchSize?.ToString() ?? "derived",
                row.GoldenSamples.ToString(), row.Licence ?? "-", row.Description ?? "");
        }

        Terminal.Output.Write(table);
        Report.Errors(rows.SelectMany(r => r.Problems.Select(p => r.Version is null ? p : $"{r.Name} version {r.Version}: {p}")), ExitCodes.Ok);
    }
}
