using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Updates;
using EdgeServe.Hosting;
using Spectre.Console;

namespace EdgeServe.Cli.Tune;

/// <summary>
/// <c>edgeserve tune MODEL</c>: which graph, threads, instances, batches and spinning answer most on this very device. Measures
/// alone: while a service uses the data directory it refuses, since the two would measure each other.
/// </summary>
internal static class TuneVerb
{
    private const int DefaultClients = 8;
    private const double DefaultSeconds = 30;

    private static readonly Argument<string> Model = new("model") { Description = "Model name." };
    private static readonly Option<double> Seconds = new("--seconds") { Description = "Time for all measurements together, loading not counted.", DefaultValueFactory = _ => DefaultSeconds };
    private static readonly Option<double?> Latency = new("--latency-ms") { Description = "Most the p95 may be; none: twice the lowest that was measured, and 1 ms at least.", HelpName = "MS" };
    private static readonly Option<int> Clients = new("--clients") { Description = "Requests under way at a time.", DefaultValueFactory = _ => DefaultClients };
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Measure and show, write nothing." };

    public static Command Create()
    {
        var json = ConfiguredVerb.JsonOption();
        return new Command("tune", "Measure how a model runs best on this device, and keep that.") { Model, Seconds, Latency, Clients, DryRun, json }.WithConfiguration(async (parsed, configuration, cancellation) =>
        {
            try
            {
                return await RunAsync(parsed, configuration.Options, parsed.GetValue(json), cancellation);
            }
            catch (ServingException e)
            {
                return Report.Error(e);
            }
            catch (StorageException e)
            {
                return Report.Errors([$"{e.Message} ({e.Hint})"], ExitCodes.Failed);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return Report.Errors([e.Message], ExitCodes.Failed);
            }
        });
    }

    private static async Task<int> RunAsync(ParseResult parsed, EdgeServeOptions options, bool json, CancellationToken cancellation)
    {
        string model = parsed.GetValue(Model)!;
        if (DataDirectory.OwnerOf(options.Server.DataDirectory) is { } owner)
            return Report.Errors([$"{owner} serves with {Path.GetFullPath(options.Server.DataDirectory)}: the two would measure each other (stop it, tune, start it again: systemctl stop edgeserve)"], ExitCodes.Failed);
        using var data = new DataDirectory(options.Server.DataDirectory);
        // Nobody starts meanwhile.
        if (!parsed.GetValue(DryRun))
            data.TakeByHand();
        UseInstalled(options, data);
        if (ConfiguredVerb.MissingModels(options) is { } missing)
            return Report.Errors([missing], ExitCodes.Usage);
        var found = await MeasureAsync(options, model, Math.Clamp(parsed.GetValue(Clients), 1, 256), TimeSpan.FromSeconds(Math.Clamp(parsed.GetValue(Seconds), 1, 3600)), parsed.GetValue(Latency), cancellation);
        string path = DeviceTuning.PathOf(data.Tuning, model);
        if (!parsed.GetValue(DryRun))
        {
            Directory.CreateDirectory(data.Tuning);
            AtomicWrite.WriteAllText(path, JsonSerializer.Serialize(found, CliJson.Indented.TuneFile));
        }

        if (json)
            CliJson.Print(found, CliJson.Indented.TuneFile);
        else
            Print(found, parsed.GetValue(DryRun) ? null : path);
        return ExitCodes.Ok;
    }

    /// <summary>A device that follows a channel runs what that brought.</summary>
    private static void UseInstalled(EdgeServeOptions options, DataDirectory data)
    {
        if (Directory.Exists(data.Device) && new UpdateJournal(data.Device).State.Active is { } set && Path.Combine(data.Active, set.Folder) is var folder && Directory.Exists(folder))
            options.Repository.Path = folder;
    }

    private static async Task<TuneFile> MeasureAsync(EdgeServeOptions options, string model, int clients, TimeSpan time, double? latency, CancellationToken cancellation)
    {
        await using var engine = new LocalEngine(options);
        await engine.Catalog.LoadAsync(model, null, cancellation);
        var version = engine.Catalog.Find(model, 0);
        var served = version.Served!;
        var files = engine.Catalog.Repository.Versions(model).First(f => f.Key == served.Key);
        var graphs = await TuneGraphs.FindAsync(engine, files, served.Definition, cancellation);
        var candidates = TuneCandidate.All([.. graphs.Where(g => g.LeftOut is null).Select(g => g.Name)], Environment.ProcessorCount, served.MaxBatchSize);
        var run = new TuneRun(engine, model, served.Definition, clients, time / candidates.Count);
        var rows = new List<TuneRow>();
        await Terminal.Progress.Status().StartAsync("Loading", async status =>
        {
            foreach (var candidate in candidates)
            {
                status.Status($"Measuring {rows.Count + 1} of {candidates.Count}: {candidate.Graph}, {Count(candidate.Threads, "thread")}, {Count(candidate.Instances, "instance")}, batch {candidate.Batch}{(candidate.Spin ? ", spinning" : "")}");
                rows.Add(await run.MeasureAsync(candidate, cancellation));
            }
        });
        double bound = TuneChoice.Bound(rows, latency);
        var best = TuneChoice.Best(rows, bound);
        var definition = new TunedDefinition(best.Instances, new TunedExecution(best.Graph, best.Threads, best.Spin), best.Batch > 1 ? new TunedBatching([best.Batch]) : null);
        return new TuneFile(model, version.Version, graphs.First(g => g.Name == best.Graph).Bytes, Environment.ProcessorCount, clients, Math.Round(bound, 3), graphs, definition, [.. rows]);
    }

    private static string Count(int number, string what) => number == 1 ? $"1 {what}" : string.Create(CultureInfo.InvariantCulture, $"{number} {what}s");

    private static void Print(TuneFile found, string? path)
    {
        var best = TuneChoice.Best(found.Table, found.LatencyBoundMilliseconds);
        var table = Terminal.Table("Graph", "Threads", "Instances", "Spin", "Batch", "Requests/s", "p50 ms", "p95 ms", "");
        foreach (var r in found.Table)
        {
            table.AddText(r.Graph, Number(r.Threads), Number(r.Instances), r.Spin ? "yes" : "no", Number(r.Batch), r.PerSecond.ToString("F0", CultureInfo.InvariantCulture),
                r.P50Milliseconds.ToString("F2", CultureInfo.InvariantCulture), r.P95Milliseconds.ToString("F2", CultureInfo.InvariantCulture),
                r == best ? "best" : r.P95Milliseconds > found.LatencyBoundMilliseconds ? "too slow" : "");
        }

        Terminal.Output.Write(table);
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{found.Model} version {found.Version}, {found.Clients} clients, p95 at most {found.LatencyBoundMilliseconds:0.##} ms; within {TuneChoice.Tie:P0} its own graph and the fewer threads."));
        foreach (var graph in found.Graphs.Where(g => g.LeftOut is not null))
            Console.Out.WriteLine($"{graph.Name} was left out: {graph.LeftOut}.");
        if (found.Graphs.Length == 1)
            Console.Out.WriteLine($"It has one graph, {found.Graphs[0].Name}: no other precision to compare it with.");
        Console.Out.WriteLine(path is null ? "Nothing was written (--dry-run)." : $"Kept in {path}: the service runs it so from its next start or load of the model.");
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
