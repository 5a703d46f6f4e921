using System.CommandLine;

namespace EdgeServe.Cli.Sticks;

/// <summary><c>edgeserve stick</c>: updates on a stick.</summary>
internal static class StickVerb
{
    public static Command Create() => new("stick", "Carry updates on a stick.")
    {
        StickWriteVerb.Create(),
        StickInspectVerb.Create(),
        StickStatusVerb.Create(),
        StickEjectVerb.Create(),
    };
}
