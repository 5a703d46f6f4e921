using System.CommandLine;
using EdgeServe.Hosting;

namespace EdgeServe.Cli;

/// <summary><c>edgeserve serve</c>: the service itself, until it is told to stop.</summary>
internal static class ServeVerb
{
    public static Command Create()
    {
        var flags = new ConfigurationFlags();
        var command = new Command("serve", "Serve the models of a folder over HTTP and gRPC.");
        flags.AddTo(command);
        command.SetAction((parsed, cancellation) => RunAsync(flags.ConfigFile(parsed), flags.Values(parsed), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string? configFile, Dictionary<string, string?> flags, CancellationToken cancellation)
    {
        if (!EffectiveConfiguration.TryLoad(configFile, flags, out var configuration, out var errors))
            return Report.Errors(errors, ExitCodes.Usage);
        if (ListenAddresses.Refusal(configuration.Options) is { } refusal)
            return Report.Errors([refusal], ExitCodes.Refused);
        if (!Directory.Exists(configuration.Options.Repository.Path))
        {
            return Report.Errors(
                [$"Repository:Path: {Path.GetFullPath(configuration.Options.Repository.Path)} is not a folder; name one with --models DIR"],
                ExitCodes.Usage);
        }

        return await Server.RunAsync(configuration, cancellation);
    }
}
