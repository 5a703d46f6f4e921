using System.CommandLine;

namespace EdgeServe.Cli.Programs;

/// <summary><c>edgeserve program ready</c>: is the service that runs ready? What decides whether a program on trial stays: this word and its exit code must not change.</summary>
internal static class ProgramReadyVerb
{
    public static Command Create() => new Command("ready", "Exit with 0 if the running service is ready.") { Hidden = true }.WithService(async (_, service, cancellation) =>
    {
        using var response = await service.SendAsync(HttpMethod.Get, "/v2/health/ready", cancellation);
        return ExitCodes.Ok;
    });
}
