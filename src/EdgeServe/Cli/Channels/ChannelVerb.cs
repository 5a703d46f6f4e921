using System.CommandLine;

namespace EdgeServe.Cli.Channels;

/// <summary><c>edgeserve channel</c>: what a fleet follows, from head office's side.</summary>
internal static class ChannelVerb
{
    public static Command Create() => new("channel", "Build, sign and publish what a fleet follows.")
    {
        ChannelBuildVerb.Create(),
        ChannelSignVerb.Create(),
        ChannelVerifyVerb.Create(),
        ChannelInspectVerb.Create(),
        ChannelPushVerb.Create(),
        ChannelPullVerb.Create(),
    };
}
