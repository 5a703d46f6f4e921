using System.CommandLine;
using System.Globalization;
using EdgeServe.Http.Sync;

namespace EdgeServe.Cli.Sync;

/// <summary><c>edgeserve sync status</c>: what waits, what blocks it, and what to do.</summary>
internal static class SyncStatusVerb
{
    public static Command Create()
    {
        var json = ConfiguredVerb.JsonOption();
        return new Command("status", "Show what telemetry waits, what blocks it and what to do.") { json }.WithService(async (parsed, service, cancellation) =>
        {
            Print(await service.ReadAsync(HttpMethod.Get, "/edge/v1/sync", CliJson.Wire.SyncBody, cancellation), parsed.GetValue(json));
            return ExitCodes.Ok;
        });
    }

    public static void Print(SyncBody sync, bool json)
    {
        if (json)
        {
            CliJson.Print(sync, CliJson.Indented.SyncBody);
            return;
        }

        var table = Terminal.Table("Sync", sync.State);
        table.AddText("Collector", sync.Endpoint ?? "none");
        table.AddText("Why", string.Join(", ", new[] { sync.Reason, sync.Detail, sync.Waits }.OfType<string>()));
        if (sync.Hint is not null)
            table.AddText("What to do", sync.Hint);
        table.AddText("Last contact", sync.LastContact is { } contact ? string.Create(CultureInfo.InvariantCulture, $"{contact.DaysAgo:0.##} days of running time ago, {contact.At}") : "never");
        if (sync.NextTryMs is { } next)
            table.AddText("Next try", string.Create(CultureInfo.InvariantCulture, $"in {next / 1000} s"));
        if (sync.BudgetLeftBytes is { } left)
            table.AddText("Left of the day", Terminal.Bytes(left));
        if (sync.QuietHours is not null)
            table.AddText("Quiet hours", sync.QuietHours);
        if (sync.CarryOut is { } sticks)
        {
            table.AddText("Last stick", sticks.LastCarried is { } carried
                ? string.Create(CultureInfo.InvariantCulture, $"{carried.DaysAgo:0.##} days of running time ago, {carried.At}: {carried.Batches} batches, {Terminal.Bytes(carried.Bytes)}{(carried.LeftBatches > 0 ? $", {carried.LeftBatches} found no room" : "")}")
                : "never");
            table.AddText("Acknowledged by stick", sticks.LastAcknowledged is { } word ? string.Create(CultureInfo.InvariantCulture, $"{word.DaysAgo:0.##} days of running time ago, {word.At}: {word.Batches} batches") : "never");
            if ((sticks.AcknowledgementRefused ?? sticks.Code) is { } problem)
                table.AddText("Last stick said", problem);
        }

        if (sync.InputSamples is { } samples)
            table.AddText("Input samples", samples.Blocked ?? string.Create(CultureInfo.InvariantCulture, $"{samples.Taken} taken, {samples.LeftToday} left of the day"));
        Terminal.Output.Write(table);

        var classes = Terminal.Table("Class", "Waiting", "Bytes", "Oldest", "Sent", "Acknowledged", "Dropped", "Blocked");
        foreach (var c in sync.Classes)
        {
            classes.AddText(
                c.Class, string.Create(CultureInfo.InvariantCulture, $"{c.WaitingItems} in {c.Waiting}"), Terminal.Bytes(c.Bytes),
                c.OldestMs is { } oldest ? string.Create(CultureInfo.InvariantCulture, $"{TimeSpan.FromMilliseconds(oldest).TotalHours:0.0} h") : "", Text(c.Sent), Text(c.AcknowledgedItems), Text(c.DroppedItems), c.Blocked ?? "");
        }

        Terminal.Output.Write(classes);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
