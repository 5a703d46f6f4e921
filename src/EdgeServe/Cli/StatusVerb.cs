using System.CommandLine;
using System.Globalization;
using EdgeServe.Http.Operator;
using EdgeServe.Http.Sync;
using EdgeServe.Http.Updates;

namespace EdgeServe.Cli;

/// <summary><c>edgeserve status</c>: how the running service is. Degraded is exit 1, with the reason and what to do.</summary>
internal static class StatusVerb
{
    public static Command Create()
    {
        var json = ConfiguredVerb.JsonOption();
        return new Command("status", "Show how the running service is.") { json }.WithService(async (parsed, service, cancellation) =>
        {
            var status = await service.ReadAsync(HttpMethod.Get, "/edge/v1/status", CliJson.Wire.StatusBody, cancellation);
            if (parsed.GetValue(json))
                CliJson.Print(status, CliJson.Indented.StatusBody);
            else
                Print(status);
            return status.State == "ok" ? ExitCodes.Ok : ExitCodes.Failed;
        });
    }

    private static string Text(UpdatesStatusBody updates)
    {
        string release = updates.Release is { } number ? number.ToString(CultureInfo.InvariantCulture) : "none yet";
        string state = updates.InProbation ? ", in probation" : updates.Held ? ", updates are held" : "";
        return release + state + (updates.Doing is { } doing ? $", {doing} the next" : "");
    }

    private static string Text(GovernorBody device)
    {
        string why = string.Join("; ", device.Reasons.Select(r => r.Seen));
        string what = device.Background == "runs" ? "" : device.Background == "waits" ? "; jobs wait" : "; one job at a time";
        string heat = device.Celsius is { } celsius ? string.Create(CultureInfo.InvariantCulture, $"{celsius:0.#} °C") : "no thermometer";
        return device.Reasons.Length == 0 ? $"{device.Level}, {heat}" : $"{device.Level}: {why}{what}. {string.Join(' ', device.Reasons.Select(r => r.Hint).Distinct())}";
    }

    private static string Text(SyncStatusBody sync) => sync.Reason == "not_configured"
        ? $"{Terminal.Bytes(sync.WaitingBytes)} kept, no collector"
        : string.Create(CultureInfo.InvariantCulture, $"{sync.State} ({sync.Reason}), {Terminal.Bytes(sync.WaitingBytes)} wait, last contact {(sync.DaysSinceContact is { } days ? $"{days:0.##} days ago" : "never")}");

    private static void Print(StatusBody status)
    {
        var jobs = status.Jobs;
        var table = Terminal.Table(status.Name, status.State);
        table.AddText("Version", status.Version);
        table.AddText("Device", status.Device ?? "-");
        table.AddText("Follows", status.Follows is { } follows ? $"channel {follows.Channel} as {follows.DeviceClass}" : "no channel");
        if (status.Updates is { } updates)
            table.AddText("Release", Text(updates));
        table.AddText("Serving", status.Ready ? "ready" : "not ready");
        table.AddText("Clock", status.Clock.Quality);
        table.AddText("Jobs waiting", string.Create(CultureInfo.InvariantCulture, $"{jobs.Queued} queued, {jobs.Running} running, of {jobs.MaxPending}"));
        table.AddText("Jobs done", string.Create(CultureInfo.InvariantCulture, $"{jobs.Succeeded} succeeded, {jobs.Failed} failed, {jobs.Cancelled} cancelled, {jobs.Expired} expired, {jobs.LostToDamage} lost"));
        if (jobs.LogMissing)
            table.AddText("Jobs lost?", "The write-ahead log was gone at the start: jobs accepted shortly before the last stop may be lost, and cannot be named");
        table.AddText("Jobs keep", $"{Terminal.Bytes(jobs.Bytes)} of {Terminal.Bytes(jobs.MaxBytes)}");
        table.AddText("Disk free", $"{Terminal.Bytes(status.Disk.FreeBytes)}, {Terminal.Bytes(status.Disk.ReserveBytes)} in reserve");
        table.AddText("Governor", Text(status.Governor));
        table.AddText("Telemetry", Text(status.Sync));
        if (status.Lights is { } lights)
            table.AddText("Lights", $"{lights.Shows?.Replace('_', ' ') ?? "none"}, by {lights.By}{(lights.Button ? ", with a button" : "")}");
        foreach (var problem in status.Problems)
            table.AddText($"Degraded: {problem.Part}", problem.Hint is null ? problem.Reason : $"{problem.Reason}. {problem.Hint}");
        Terminal.Output.Write(table);
    }
}
