using System.CommandLine;

namespace EdgeServe.Cli.Keys;

/// <summary><c>edgeserve key</c>: head office's signing keys.</summary>
internal static class KeyVerb
{
    public static Command Create() => new("key", "Make keys that sign channels.") { KeyGenerateVerb.Create() };
}
