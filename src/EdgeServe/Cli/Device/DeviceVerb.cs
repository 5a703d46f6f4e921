using System.CommandLine;

namespace EdgeServe.Cli.Device;

/// <summary><c>edgeserve device</c>: who this box is and whom it follows.</summary>
internal static class DeviceVerb
{
    public static Command Create() => new("device", "Who this box is and whose updates it takes.")
    {
        DeviceEnrollVerb.Create(),
        DeviceShowVerb.Create(),
    };
}
