using System.CommandLine;

namespace EdgeServe.Cli.Fleet;

/// <summary><c>edgeserve fleet</c>: what head office does for all its boxes.</summary>
internal static class FleetVerb
{
    public static Command Create() => new("fleet", "Prepare boxes at head office.") { FleetInitVerb.Create() };
}
