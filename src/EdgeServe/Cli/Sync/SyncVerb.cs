using System.CommandLine;

namespace EdgeServe.Cli.Sync;

/// <summary><c>edgeserve sync</c>: how telemetry leaves the running service.</summary>
internal static class SyncVerb
{
    public static Command Create() => new("sync", "See and steer how telemetry leaves the running service.")
    {
        SyncStatusVerb.Create(),
        SyncActionVerb.Create("now", "Send what waits now, whatever the pause or the hour. Exit 1: something blocks."),
        SyncActionVerb.Create("hold", "Send nothing until told otherwise."),
        SyncActionVerb.Create("resume", "Send again."),
    };
}
