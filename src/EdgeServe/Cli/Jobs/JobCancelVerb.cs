using System.CommandLine;

namespace EdgeServe.Cli.Jobs;

/// <summary><c>edgeserve job cancel</c>: stops a job that is not done. One that is done is left alone.</summary>
internal static class JobCancelVerb
{
    public static Command Create()
    {
        var id = JobVerb.IdArgument();
        var json = ConfiguredVerb.JsonOption();
        return new Command("cancel", "Cancel a job that is not done.") { id, json }.WithService(async (parsed, service, cancellation) =>
        {
            string path = "/edge/v1/jobs/" + Uri.EscapeDataString(parsed.GetValue(id)!);
            var job = await service.ReadAsync(HttpMethod.Get, path, CliJson.Wire.JobBody, cancellation);
            if (job.State is not ("queued" or "running"))
                return Report.Errors([$"job {job.Id} {job.State} already"], ExitCodes.Failed);
            JobPrinter.Print(await service.ReadAsync(HttpMethod.Delete, path, CliJson.Wire.JobBody, cancellation), parsed.GetValue(json));
            return ExitCodes.Ok;
        });
    }
}
