using System.CommandLine;

namespace EdgeServe.Cli.Jobs;

/// <summary><c>edgeserve job</c>: durable jobs of the running service.</summary>
internal static class JobVerb
{
    public static Command Create() => new("job", "Hand work to the running service and fetch what came of it.")
    {
        JobSubmitVerb.Create(),
        JobListVerb.Create(),
        JobShowVerb.Create(),
        JobResultVerb.Create(),
        JobCancelVerb.Create(),
    };

    public static Argument<string> IdArgument() => new("ID") { Description = "The job's id." };
}
