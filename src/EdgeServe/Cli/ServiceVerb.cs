using System.CommandLine;
using EdgeServe.Hosting;

namespace EdgeServe.Cli;

/// <summary>A verb that talks to the running service.</summary>
internal static class ServiceVerb
{
    /// <summary>Adds the configuration flags, of which <c>--data</c> says which service; turns refusals into one line and exit 1.</summary>
    public static Command WithService(this Command command, Func<ParseResult, Service, CancellationToken, Task<int>> run) =>
        command.WithService((parsed, _, service, cancellation) => run(parsed, service, cancellation));

    /// <summary>The same for a verb that can do without a running service.</summary>
    public static Command WithService(this Command command, Func<ParseResult, EffectiveConfiguration, Service, CancellationToken, Task<int>> run) =>
        command.WithConfiguration(async (parsed, configuration, cancellation) =>
        {
            using var service = new Service(configuration.Options.Server.DataDirectory);
            try
            {
                return await run(parsed, configuration, service, cancellation);
            }
            catch (ServiceException e)
            {
                return Report.Errors([e.Hint is null ? e.Message : $"{e.Message} ({e.Hint})"], ExitCodes.Failed);
            }
            catch (HttpRequestException e)
            {
                return Report.Errors([$"the service broke off: {e.Message}"], ExitCodes.Failed);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return Report.Errors([e.Message], ExitCodes.Failed);
            }
        });
}
