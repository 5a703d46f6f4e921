using System.CommandLine;

namespace EdgeServe.Cli.Jobs;

/// <summary><c>edgeserve job show</c>.</summary>
internal static class JobShowVerb
{
    public static Command Create()
    {
        var id = JobVerb.IdArgument();
        var json = ConfiguredVerb.JsonOption();
        return new Command("show", "Show one job.") { id, json }.WithService(async (parsed, service, cancellation) =>
        {
            JobPrinter.Print(await service.ReadAsync(HttpMethod.Get, "/edge/v1/jobs/" + Uri.EscapeDataString(parsed.GetValue(id)!), CliJson.Wire.JobBody, cancellation), parsed.GetValue(json));
            return ExitCodes.Ok;
        });
    }
}
