using System.CommandLine;
using EdgeServe.Hosting;

namespace EdgeServe.Cli;

/// <summary><c>edgeserve serve</c>: the service itself, until it is told to stop.</summary>
internal static class ServeVerb
{
    public static Command Create() =>
        new Command("serve", "Serve the models of a folder over HTTP and gRPC.").WithConfiguration((_, configuration, cancellation) => RunAsync(configuration, cancellation));

    private static async Task<int> RunAsync(EffectiveConfiguration configuration, CancellationToken cancellation)
    {
        if (ListenAddresses.Refusal(configuration.Options) is { } refusal)
            return Report.Errors([refusal], ExitCodes.Refused);
        if (ConfiguredVerb.MissingModels(configuration.Options) is { } missing)
            return Report.Errors([missing], ExitCodes.Usage);
        return await Server.RunAsync(configuration, cancellation);
    }
}
