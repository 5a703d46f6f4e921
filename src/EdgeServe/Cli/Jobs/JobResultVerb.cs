using System.CommandLine;

namespace EdgeServe.Cli.Jobs;

/// <summary><c>edgeserve job result</c>: the bytes infer would have answered.</summary>
internal static class JobResultVerb
{
    public static Command Create()
    {
        var id = JobVerb.IdArgument();
        var wait = new Option<bool>("--wait") { Description = "Wait until it is done." };
        var output = new Option<string?>("--output") { Description = "File instead of standard output.", HelpName = "FILE" };
        return new Command("result", "Fetch a job's result.") { id, wait, output }.WithService(async (parsed, service, cancellation) =>
        {
            if (parsed.GetValue(wait))
                await JobWaiting.WaitAsync(service, parsed.GetValue(id)!, cancellation);
            await JobWaiting.SaveResultAsync(service, parsed.GetValue(id)!, parsed.GetValue(output), cancellation);
            return ExitCodes.Ok;
        });
    }
}
