using System.CommandLine;

namespace EdgeServe.Cli.Tablets;

/// <summary><c>edgeserve tablet</c>: who may call this box from the network.</summary>
internal static class TabletVerb
{
    public static Command Create() => new("tablet", "Give keys to tablets and other clients, and take them back.")
    {
        TabletPairVerb.Create(),
        TabletAddVerb.Create(),
        TabletListVerb.Create(),
        TabletRenameVerb.Create(),
        TabletRevokeVerb.Create(),
        TabletTrustVerb.Create(),
    };
}
