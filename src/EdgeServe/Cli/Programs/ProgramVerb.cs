using System.CommandLine;

namespace EdgeServe.Cli.Programs;

/// <summary><c>edgeserve program</c>: the program itself as part of a release, and root's part of installing it.</summary>
internal static class ProgramVerb
{
    public static Command Create() => new("program", "Pack the program for a release; for root: decide whom to trust with it.")
    {
        ProgramPackVerb.Create(),
        ProgramStatusVerb.Create(),
        ProgramTrustVerb.Create(),
        ProgramServeVerb.Create(),
        ProgramReadyVerb.Create(),
    };
}
