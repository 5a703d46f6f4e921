using System.CommandLine;
using System.Globalization;
using EdgeServe.Http.Telemetry;

namespace EdgeServe.Cli.Models;

/// <summary><c>edgeserve model drift NAME</c>: how far what the running service is asked is from the model's reference. An alarm is exit 1.</summary>
internal static class ModelDriftVerb
{
    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "Model name." };
        var all = new Option<bool>("--all") { Description = "Every feature, in the model's order; else the ten with the highest index." };
        var json = ConfiguredVerb.JsonOption();
        return new Command("drift", "Show how far a model's inputs and answers are from its reference.") { name, all, json }.WithService(async (parsed, service, cancellation) =>
        {
            var drift = await service.ReadAsync(HttpMethod.Get, $"/edge/v1/models/{Uri.EscapeDataString(parsed.GetValue(name)!)}/drift", CliJson.Wire.DriftBody, cancellation);
            if (parsed.GetValue(json))
                CliJson.Print(drift, CliJson.Indented.DriftBody);
            else
                Print(drift, parsed.GetValue(all));
            return drift.Level == "alarm" ? ExitCodes.Failed : ExitCodes.Ok;
        });
    }

    private static void Print(DriftBody drift, bool all)
    {
        const int most = 10;
        var facts = Terminal.Table($"{drift.Model}/{drift.Version}", drift.Level);
        facts.AddText("Reference", drift.Reference == "learning" ? $"being learned, {Count(drift.ReferenceRows)} rows so far" : $"{drift.Reference}, {Count(drift.ReferenceRows)} rows");
        facts.AddText("Window", $"{Count(drift.WindowRows)} of {Count(drift.Window)} rows");
        facts.AddText("Rows", $"{Count(drift.Rows)} counted, {Count(drift.SkippedRows)} skipped");
        Terminal.Output.Write(facts);
        var table = Terminal.Table("Feature", "Level", "PSI", "Warn at", "Alarm at", "Out of range", "Missing");
        var shown = all ? drift.Features.AsEnumerable() : drift.Features.OrderByDescending(f => f.Psi ?? -1).Take(most);
        foreach (var f in shown)
            table.AddText(f.Name, f.Level, Number(f.Psi), Number(f.WarnAt), Number(f.AlarmAt), Share(f.OutOfRange), Share(f.Missing));
        if (drift.Features.Length > 0)
            Terminal.Output.Write(table);
    }

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Number(double? value) => value?.ToString("F2", CultureInfo.InvariantCulture) ?? "-";

    private static string Share(double share) => share.ToString("P1", CultureInfo.InvariantCulture);
}
