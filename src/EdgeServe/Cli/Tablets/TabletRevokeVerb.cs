using System.CommandLine;
using EdgeServe.Http.Keys;

namespace EdgeServe.Cli.Tablets;

/// <summary><c>edgeserve tablet revoke</c>: at once, on what is open too.</summary>
internal static class TabletRevokeVerb
{
    public static Command Create()
    {
        var key = new Argument<string>("KEY") { Description = "Its id or its name." };
        return new Command("revoke", "Take a key back. It stops at once, in the middle of what it does.") { key }.WithKeys(
            parsed => (HttpMethod.Delete, KeyVerbs.PathOf(parsed.GetValue(key)!), null),
            CliJson.Wire.KeyBody,
            (parsed, keys, clock) => KeyViews.Of(keys.Revoke(parsed.GetValue(key)!, KeyVerbs.By), clock),
            (_, revoked) => Console.Out.WriteLine($"Key {revoked.Id} '{revoked.Name}' is revoked."));
    }
}
