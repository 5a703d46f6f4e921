using System.Globalization;
using EdgeServe.Http.Updates;

namespace EdgeServe.Cli.Device;

/// <summary>The box on the terminal.</summary>
internal static class DevicePrinter
{
    public static void Print(DeviceBody device, bool json)
    {
        if (json)
        {
            CliJson.Print(device, CliJson.Indented.DeviceBody);
            return;
        }

        var table = Terminal.Table(device.Name, device.Trouble is not null ? "trouble" : device.Enrolled ? "enrolled" : "not enrolled");
        table.AddText("Device", device.Id ?? "- (it gets one when the service starts)");
        table.AddText("Own key", device.Key?.Fingerprint ?? "- (made when it is enrolled)");
        if (device.Trouble is { } trouble)
            table.AddText("Trouble", trouble);
        if (device.Channel is not null)
        {
            table.AddText("Channel", device.Channel);
            table.AddText("Device class", device.DeviceClass!);
            table.AddText("Registry", device.Registry ?? "none: sticks and files only");
            for (int i = 0; i < device.TrustedKeys!.Length; i++)
                table.AddText(i == 0 ? string.Create(CultureInfo.InvariantCulture, $"Trusts {device.Threshold} of {device.TrustedKeys.Length}") : "", device.TrustedKeys[i].Fingerprint);
            table.AddText("Telemetry to", device.TelemetryKey?.Fingerprint ?? "nobody");
            table.AddText("Acknowledged by", device.AcknowledgementKey?.Fingerprint ?? "nobody");
        }

        Terminal.Output.Write(table);
    }
}
