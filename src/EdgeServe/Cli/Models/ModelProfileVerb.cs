using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Telemetry.Drift;
using EdgeServe.Hosting;
using Spectre.Console;

namespace EdgeServe.Cli.Models;

/// <summary><c>edgeserve model profile NAME --data FILE…</c>: runs the model over its author's data and writes what that looks like beside it. No row of it is kept.</summary>
internal static class ModelProfileVerb
{
    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "Model name." };
        var data = new Option<string[]>("--data")
        {
            Description = "Files of rows: numbers with commas (a first line may name them), an infer request as JSON, or one request a line.",
            HelpName = "FILE",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        var version = new Option<long>("--version") { Description = "Version; else the highest that loads.", HelpName = "N" };
        return new Command("profile", "Make a model's reference profile, from which drift is measured.") { name, data, version }.WithConfiguration((parsed, configuration, cancellation) =>
            RunAsync(configuration.Options, parsed.GetValue(name)!, parsed.GetValue(data)!, parsed.GetValue(version), cancellation));
    }

    private static async Task<int> RunAsync(EdgeServeOptions options, string name, string[] data, long version, CancellationToken cancellation)
    {
        if (ConfiguredVerb.MissingModels(options) is { } missing)
            return Report.Errors([missing], ExitCodes.Usage);
        if (Array.FindAll(data, f => !File.Exists(f)) is { Length: > 0 } absent)
            return Report.Errors(absent.Select(f => $"{f} is not there; --data names the files with the rows"), ExitCodes.Usage);
        await using var engine = new LocalEngine(options);
        try
        {
            await engine.Catalog.LoadAsync(name, null, cancellation);
            var model = version == 0 ? await engine.Catalog.LeaseAsync(name, 0, cancellation) : await engine.Catalog.LeaseInstalledAsync(name, version, cancellation);
            try
            {
                var files = engine.Catalog.Repository.Versions(name).First(f => f.Key == model.Key);
                await MakeAsync(engine, model, files, data, cancellation);
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
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return Report.Errors([e.Message], ExitCodes.Failed);
        }
    }

    private static async Task MakeAsync(LocalEngine engine, ServedModel model, ModelFiles files, string[] data, CancellationToken cancellation)
    {
        var profile = await Terminal.Progress.Status().StartAsync("Running", status => new ProfileRun(engine.Inference, model).RunAsync(
            data, rows => status.Status(string.Create(CultureInfo.InvariantCulture, $"Running, {rows} rows")), cancellation));
        string path = Path.Combine(files.Directory, model.Definition.Reference.File);
        AtomicWrite.WriteAllText(path, Lines(profile));
        bool named = Name(files.DefinitionPath);
        string classes = profile.Classes.Length > 0 ? string.Create(CultureInfo.InvariantCulture, $", {profile.Classes.Length} classes of '{profile.Output}'") : "";
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Wrote {path}: {profile.Rows} rows, {profile.Features.Length} features{classes}."));
        if (named)
            Console.Out.WriteLine($"{files.DefinitionPath} names it now.");
        if (profile.Rows < model.Definition.Reference.Window)
            Report.Errors([$"{profile.Rows} rows are fewer than one window of {model.Definition.Reference.Window}: only large changes will be told from chance; give more rows"], ExitCodes.Ok);
    }

    /// <summary>A feature a line: what changed shows in a diff.</summary>
    private static string Lines(DriftProfile profile) =>
        System.Text.Encoding.UTF8.GetString(DriftProfileJson.Write(profile)).Replace("{\"name\":", "\n{\"name\":", StringComparison.Ordinal) + "\n";

    /// <returns>True when the definition had to be changed.</returns>
    private static bool Name(string definition)
    {
        var root = File.Exists(definition) ? JsonNode.Parse(File.ReadAllBytes(definition))!.AsObject() : [];
        if (root.ContainsKey("reference"))
            return false;
        root["reference"] = new JsonObject { ["file"] = ReferenceDefinition.DefaultFile };
        using var memory = new MemoryStream();
        using (var writer = new Utf8JsonWriter(memory, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            root.WriteTo(writer);
        AtomicWrite.WriteAllText(definition, System.Text.Encoding.UTF8.GetString(memory.ToArray()) + "\n");
        return true;
    }
}
