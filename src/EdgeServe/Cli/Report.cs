using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Sync.CarryOut;

namespace EdgeServe.Cli;

/// <summary>Errors on the terminal: one a line, on standard error.</summary>
internal static class Report
{
    public static int Errors(IEnumerable<string> errors, int exitCode)
    {
        foreach (string error in errors)
            Console.Error.WriteLine($"edgeserve: {error}");
        return exitCode;
    }

    public static int Error(BundleException e) => Errors([e.Hint is null ? e.Message : $"{e.Message} ({e.Hint})"], ExitCodes.Of(e.Error));

    public static int Error(CarryOutException e) => Errors([e.Hint is null ? e.Message : $"{e.Message} ({e.Hint})"], ExitCodes.Of(e.Error));

    public static int Error(ServingException e) => Errors([e.Hint is null ? e.Message : $"{e.Message} ({e.Hint})"], ExitCodes.Failed);
}
