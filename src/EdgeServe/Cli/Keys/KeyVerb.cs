using System.CommandLine;

namespace EdgeServe.Cli.Keys;

/// <summary><c>edgeserve key</c>: head office's keys.</summary>
internal static class KeyVerb
{
    public static Command Create() => new("key", "Make keys that sign channels, and those of telemetry on sticks.") { KeyGenerateVerb.Create() };
}
