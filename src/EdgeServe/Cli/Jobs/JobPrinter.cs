using EdgeServe.Http;
using EdgeServe.Http.Jobs;
using Spectre.Console;

namespace EdgeServe.Cli.Jobs;

/// <summary>Jobs on the terminal.</summary>
internal static class JobPrinter
{
    public static void Print(JobBody job, bool json)
    {
        if (json)
        {
            CliJson.Print(job, CliJson.Indented.JobBody);
            return;
        }

        var table = Terminal.Table("Job", job.Id);
        table.AddText("State", job.State);
        table.AddText("Model", job.Version is null ? job.Model : $"{job.Model}, version {job.Version}");
        table.AddText("Priority", Number(job.Priority));
        table.AddText("Attempts", Number(job.Attempts));
        table.AddText("Accepted", Moment(job.Accepted));
        table.AddText("Started", Moment(job.Started));
        table.AddText("Finished", Moment(job.Finished));
        table.AddText("Request", Terminal.Bytes(job.RequestBytes));
        if (job.ResultBytes is { } bytes)
            table.AddText("Result", job.Acknowledged ? "acknowledged" : Terminal.Bytes(bytes));
        if (job.Provenance is { } ran)
            table.AddText("Ran", $"{ran.Model} version {ran.Version}{(ran.Digest is null ? "" : $", {ran.Digest}")}");
        if (job.Failure is { } failure)
            table.AddText("Failure", $"{failure.Code}: {failure.Error}");
        Terminal.Output.Write(table);
    }

    public static void Print(JobListBody list, bool json)
    {
        if (json)
        {
            CliJson.Print(list, CliJson.Indented.JobListBody);
            return;
        }

        var table = Terminal.Table("Job", "State", "Model", "Attempts", "Accepted", "Request", "Result");
        foreach (var job in list.Jobs)
        {
            table.AddText(job.Id, job.State, job.Model, Number(job.Attempts), Moment(job.Accepted), Terminal.Bytes(job.RequestBytes),
                job.Failure?.Code ?? (job.ResultBytes is { } bytes ? Terminal.Bytes(bytes) : "-"));
        }

        Terminal.Output.Write(table);
        if (list.Next is { } next)
            Terminal.Progress.WriteLine($"There are more: --cursor {next}");
    }

    private static string Moment(MomentBody? moment) => moment switch
    {
        null => "-",
        { Clock: "synchronized" or "free" } => moment.At,
        _ => $"{moment.At} (clock: {moment.Clock})",
    };

    private static string Number(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
