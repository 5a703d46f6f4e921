using System.CommandLine;

namespace EdgeServe.Cli.Updates;

/// <summary><c>edgeserve update now</c>: looks into the registry without waiting for the next poll. Exit 3: what it has is refused.</summary>
internal static class UpdateNowVerb
{
    public static Command Create()
    {
        var json = ConfiguredVerb.JsonOption();
        return new Command("now", "Look into the registry now, and install what is new.") { json }.WithService((parsed, service, cancellation) =>
            UpdateOffer.RunAsync(service, "/edge/v1/updates/now", null, parsed.GetValue(json), cancellation));
    }
}
