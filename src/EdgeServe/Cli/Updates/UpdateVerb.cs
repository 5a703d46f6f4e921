using System.CommandLine;

namespace EdgeServe.Cli.Updates;

/// <summary><c>edgeserve update</c>: releases of the channel that the running service follows.</summary>
internal static class UpdateVerb
{
    public static Command Create() => new("update", "See and steer how the running service takes releases of its channel.")
    {
        UpdateStatusVerb.Create(),
        UpdateHistoryVerb.Create(),
        UpdateNowVerb.Create(),
        UpdateInstallVerb.Create(),
        UpdateRollbackVerb.Create(),
        UpdateHoldVerb.Create(),
    };
}
