using System.CommandLine;
using EdgeServe.Engine.Storage;
using EdgeServe.Http.Updates;

namespace EdgeServe.Cli.Device;

/// <summary><c>edgeserve device show</c>, with a running service or without.</summary>
internal static class DeviceShowVerb
{
    public static Command Create()
    {
        var json = ConfiguredVerb.JsonOption();
        return new Command("show", "Show id, key, channel and trusted keys.") { json }.WithService(async (parsed, configuration, service, cancellation) =>
        {
            DeviceBody device;
            try
            {
                device = DataDirectory.OwnerOf(configuration.Options.Server.DataDirectory) is null
                    ? DeviceFiles.Show(configuration.Options)
                    : await service.ReadAsync(HttpMethod.Get, "/edge/v1/device", CliJson.Wire.DeviceBody, cancellation);
            }
            catch (UnauthorizedAccessException e)
            {
                return Report.Errors([$"{e.Message} Run it as the service's user."], ExitCodes.Failed);
            }

            DevicePrinter.Print(device, parsed.GetValue(json));
            return device.Trouble is null ? ExitCodes.Ok : ExitCodes.Failed;
        });
    }
}
