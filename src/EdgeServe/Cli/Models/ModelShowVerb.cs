using System.CommandLine;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Models.Golden;
using EdgeServe.Hosting;

namespace EdgeServe.Cli.Models;

/// <summary><c>edgeserve model show NAME</c>: loads the model and prints what it takes and gives.</summary>
internal static class ModelShowVerb
{
    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "Model name." };
        var json = ConfiguredVerb.JsonOption();
        return new Command("show", "Show one model's tensors and definition.") { name, json }.WithConfiguration((parsed, configuration, cancellation) =>
            RunAsync(configuration.Options, parsed.GetValue(name)!, parsed.GetValue(json), cancellation));
    }

    private static async Task<int> RunAsync(EdgeServeOptions options, string name, bool json, CancellationToken cancellation)
    {
        if (ConfiguredVerb.MissingModels(options) is { } missing)
            return Report.Errors([missing], ExitCodes.Usage);
        await using var engine = new LocalEngine(options);
        try
        {
            await engine.Catalog.LoadAsync(name, null, cancellation);
            var model = await engine.Catalog.LeaseAsync(name, 0, cancellation);
            try
            {
                Print(Details(engine.Catalog.Repository, model), json);
            }
            finally
            {
                model.Release();
            }

            return ExitCodes.Ok;
        }
        catch (ServingException e)
        {
            return Report.Error(e);
        }
    }

    private static ModelDetails Details(ModelRepository repository, ServedModel model)
    {
        var files = repository.Versions(model.Key.Name).First(f => f.Key == model.Key);
        var definition = model.Definition;
        return new ModelDetails(
            model.Key.Name, model.Key.Version, files.GraphPath(definition), new FileInfo(files.GraphPath(definition)).Length, definition.Description, definition.Licence,
            model.MaxBatchSize, definition.DynamicBatching is not null, definition.Instances ?? Environment.ProcessorCount, definition.Queue.MaxSize,
            model.Provider, model.ProviderNote, model.MemoryBytes, GoldenFolder.Read(files, definition).Count,
            [.. model.Signature.Inputs.Select(t => new TensorDetails(t.Name, t.Type.Name(), t.Shape, null))],
            [.. model.Signature.Outputs.Select(t => new TensorDetails(t.Name, t.Type.Name(), t.Shape, model.Labels.GetValueOrDefault(t.Name)?.Length))]);
    }

    private static void Print(ModelDetails details, bool json)
    {
        if (json)
        {
            CliJson.Print(details, CliJson.Indented.ModelDetails);
            return;
        }

        var facts = Terminal.Table("", details.Name);
        facts.AddText("Version", details.Version.ToString());
        facts.AddText("File", $"{details.Path} ({Terminal.Bytes(details.Bytes)})");
        facts.AddText("Description", details.Description ?? "-");
        facts.AddText("Licence", details.Licence ?? "-");
        facts.AddText("Batch", details.MaxBatchSize == 0 ? "no batch dimension" : $"up to {details.MaxBatchSize}{(details.DynamicBatching ? ", waiting requests run together" : "")}");
        facts.AddText("Instances, queue", $"{details.Instances}, {details.QueueMaxSize}");
        facts.AddText("Provider", details.ProviderNote is null ? details.Provider : $"{details.Provider} ({details.ProviderNote})");
        facts.AddText("Memory estimate", Terminal.Bytes(details.MemoryEstimateBytes));
        facts.AddText("Golden samples", details.GoldenSamples.ToString());
        Terminal.Output.Write(facts);
        var tensors = Terminal.Table("Tensor", "Name", "Datatype", "Shape", "Labels");
        foreach (var (kind, list) in new[] { ("input", details.Inputs), ("output", details.Outputs) })
        {
            foreach (var tensor in list)
                tensors.AddText(kind, tensor.Name, tensor.Datatype, Shape.Text(tensor.Shape), tensor.Labels?.ToString() ?? "");
        }

        Terminal.Output.Write(tensors);
    }
}
