using System.CommandLine;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Updates.Enrolment;
using EdgeServe.Hosting;

namespace EdgeServe.Cli;

/// <summary><c>edgeserve serve</c>: the service itself, until it is told to stop.</summary>
internal static class ServeVerb
{
    public static Command Create() =>
        new Command("serve", "Serve the models of a folder over HTTP and gRPC.").WithConfiguration((_, configuration, cancellation) => RunAsync(configuration, cancellation));

    private static async Task<int> RunAsync(EffectiveConfiguration configuration, CancellationToken cancellation)
    {
        CoreDumps.Forbid();
        if (ListenAddresses.Refusal(configuration.Options) is { } refusal)
            return Report.Errors([refusal], ExitCodes.Refused);
        if (IsEnrolled(configuration.Options))
        {
            // Asked for by whoever started it; a folder named in a settings file is only not looked at.
            if (configuration.SourceOf("Repository:Path") == "flag")
                return Report.Errors(["--models: this device takes models from its signed channel only. Leave the flag out; `edgeserve update status` shows what serves."], ExitCodes.Refused);
        }
        else if (ConfiguredVerb.MissingModels(configuration.Options) is { } missing)
            return Report.Errors([missing], ExitCodes.Usage);
        return await Server.RunAsync(configuration, cancellation);
    }

    private static bool IsEnrolled(EdgeServeOptions options)
    {
        string device = new DataDirectory(options.Server.DataDirectory).Device;
        return options.Updates.Channel.Length > 0 || new DeviceEnrolment(device, new DeviceKey(device)).IsEnrolled;
    }
}
