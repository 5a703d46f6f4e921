using System.CommandLine;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Sync.CarryOut;

namespace EdgeServe.Cli;

/// <summary>Verbs that need no service: they work on files and registries. Every refusal is one line and an exit code.</summary>
internal static class AuthorVerb
{
    public static Command WithAction(this Command command, Func<ParseResult, CancellationToken, Task<int>> action)
    {
        command.SetAction(async (parsed, cancellation) =>
        {
            try
            {
                return await action(parsed, cancellation);
            }
            catch (BundleException e)
            {
                return Report.Error(e);
            }
            catch (CarryOutException e)
            {
                return Report.Error(e);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return Report.Errors([e.Message], ExitCodes.Failed);
            }
            catch (OperationCanceledException)
            {
                return Report.Errors(["interrupted"], ExitCodes.Failed);
            }
        });
        return command;
    }
}
