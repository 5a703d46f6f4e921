using System.CommandLine;
using System.Globalization;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Models.Golden;
using EdgeServe.Hosting;
using Spectre.Console;

namespace EdgeServe.Cli.Models;

/// <summary><c>edgeserve model check [NAME]…</c>: golden samples on this very device.</summary>
internal static class ModelCheckVerb
{
    private const int DefaultRepeat = 5;

    public static Command Create()
    {
        var names = new Argument<string[]>("name") { Description = "Model names; none: all.", Arity = ArgumentArity.ZeroOrMore };
        var repeat = new Option<int>("--repeat") { Description = "Further runs of each sample, for its latency.", DefaultValueFactory = _ => DefaultRepeat };
        var json = ConfiguredVerb.JsonOption();
        return new Command("check", "Run models' golden samples on this device.") { names, repeat, json }.WithConfiguration((parsed, configuration, cancellation) =>
            RunAsync(configuration.Options, parsed.GetValue(names) ?? [], Math.Clamp(parsed.GetValue(repeat), 0, 1000), parsed.GetValue(json), cancellation));
    }

    private static async Task<int> RunAsync(EdgeServeOptions options, string[] names, int repeat, bool json, CancellationToken cancellation)
    {
        if (ConfiguredVerb.MissingModels(options) is { } missing)
            return Report.Errors([missing], ExitCodes.Usage);
        await using var engine = new LocalEngine(options);
        var chosen = names.Length > 0 ? names : [.. engine.Catalog.Repository.List().Where(m => m.Problem is null).Select(m => m.Name)];
        var results = new List<GoldenResult>();
        var errors = new List<string>();
        await Terminal.Progress.Status().StartAsync("Checking", async status =>
        {
            foreach (string name in chosen)
            {
                status.Status($"Checking {name.EscapeMarkup()}");
                await CheckAsync(engine, name, repeat, sample => status.Status($"Checking {name.EscapeMarkup()} {sample.EscapeMarkup()}"), results, errors, cancellation);
            }
        });
        Print(results, json);
        Report.Errors(errors, ExitCodes.Failed);
        return errors.Count == 0 && results.TrueForAll(r => r.Passed) ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static async Task CheckAsync(
        LocalEngine engine, string name, int repeat, Action<string> progress, List<GoldenResult> results, List<string> errors, CancellationToken cancellation)
    {
        try
        {
            await engine.Catalog.LoadAsync(name, null, cancellation);
            var runner = new GoldenRunner(engine.Inference, engine.Time);
            foreach (var version in engine.Catalog.Current.Find(name)!.Versions)
            {
                var model = await engine.Catalog.LeaseAsync(name, version.Version, cancellation);
                try
                {
                    var samples = GoldenFolder.Read(engine.Catalog.Repository.Versions(name).First(f => f.Key == model.Key), model.Definition);
                    if (samples.Count == 0)
                        errors.Add($"{name} version {version.Version}: has no golden samples; put some into {model.Definition.Golden}/ beside its model.json");
                    foreach (var sample in samples)
                    {
                        progress(sample.Name);
                        results.Add(await runner.RunAsync(model, sample, repeat, cancellation));
                    }
                }
                finally
                {
                    model.Release();
                }
            }

            await engine.Catalog.UnloadAsync(name, cancellation);
        }
        catch (ServingException e)
        {
            errors.Add(e.Hint is null ? e.Message : $"{e.Message} ({e.Hint})");
        }
    }

    private static void Print(List<GoldenResult> results, bool json)
    {
        if (json)
        {
            CliJson.Print([.. results], CliJson.Indented.GoldenResultArray);
            return;
        }

        var table = Terminal.Table("Model", "Version", "Sample", "Result", "Deviation", "Tolerance", "Median ms");
        foreach (var r in results)
        {
            bool measured = r.Tolerance > 0;
            table.AddText(r.Model, r.Version.ToString(), r.Sample, r.Passed ? "pass" : "FAIL: " + string.Join("; ", r.Failures),
                measured ? r.Deviation.ToString("G3", CultureInfo.InvariantCulture) : "-",
                measured ? r.Tolerance.ToString("G3", CultureInfo.InvariantCulture) : "-",
                r.Milliseconds.ToString("F3", CultureInfo.InvariantCulture));
        }

        Terminal.Output.Write(table);
        Terminal.Output.MarkupLine($"{results.Count(r => r.Passed)} of {results.Count} samples pass.");
    }
}
