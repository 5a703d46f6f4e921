using System.CommandLine;
using System.Globalization;
using EdgeServe.Http.Updates;

namespace EdgeServe.Cli.Updates;

/// <summary><c>edgeserve update status</c>: what the device follows, what serves, and what came of the last offer.</summary>
internal static class UpdateStatusVerb
{
    public static Command Create()
    {
        var json = ConfiguredVerb.JsonOption();
        return new Command("status", "Show what the device follows and which release serves.") { json }.WithService(async (parsed, service, cancellation) =>
        {
            var updates = await service.ReadAsync(HttpMethod.Get, "/edge/v1/updates", CliJson.Wire.UpdatesBody, cancellation);
            if (parsed.GetValue(json))
                CliJson.Print(updates, CliJson.Indented.UpdatesBody);
            else
                Print(updates);
            return ExitCodes.Ok;
        });
    }

    public static void Print(UpdatesBody updates)
    {
        var table = Terminal.Table("Updates", updates.Held ? "held" : updates.Enrolled ? "on" : "not enrolled");
        if (updates.Channel is not null)
        {
            table.AddText("Channel", $"{updates.Channel} as {updates.DeviceClass}");
            table.AddText("Trusts", string.Create(CultureInfo.InvariantCulture, $"{updates.Threshold} of {updates.TrustedKeys?.Length} keys"));
            table.AddText("Registry", updates.Registry ?? "none: sticks and files");
        }

        if (updates.Program is { } program)
            table.AddText("Program", $"{program.Version}{(program.OnTrial ? ", on trial" : "")}{(program.TakenBack.Length > 0 ? $"; taken back: {string.Join(", ", program.TakenBack)}" : "")}");
        table.AddText("Serves", Text(updates.Active));
        if (updates.Probation is { } probation)
            table.AddText("Probation", string.Create(CultureInfo.InvariantCulture, $"{TimeSpan.FromMilliseconds(Math.Max(0, probation.LeftMs)).TotalMinutes:F0} minutes left, {probation.Crashes} crashes"));
        table.AddText("Goes back to", Text(updates.Previous));
        if (updates.Pending is not null)
            table.AddText("Under way", Text(updates.Pending));
        if (updates.Refused is not null)
            table.AddText("Failed here", Text(updates.Refused));
        if (updates.Activity is { } activity)
            table.AddText("Now", activity.TotalBytes > 0 ? $"{activity.Step}, {Terminal.Bytes(activity.Bytes)} of {Terminal.Bytes(activity.TotalBytes)} from {activity.Source}" : $"{activity.Step}, from {activity.Source}");
        if (updates.Last is { } last)
            table.AddText("Last", last.Hint is null ? $"{last.Code}: {last.Message}" : $"{last.Code}: {last.Message}. {last.Hint}");
        Terminal.Output.Write(table);
    }

    private static string Text(SetBody? set) => set is null ? "nothing" : string.Create(CultureInfo.InvariantCulture, $"release {set.Release} ({set.Digest[..19]}…)");
}
