using System.CommandLine;
using EdgeServe.Http.Keys;

namespace EdgeServe.Cli.Tablets;

/// <summary><c>edgeserve key-admin</c>: for who lost the last key of scope admin and stands before the box.</summary>
internal static class KeyAdminVerb
{
    public static Command Create()
    {
        var json = ConfiguredVerb.JsonOption();
        var reset = new Command("reset", "Revoke every key, damaged ones too, and make one of scope admin.") { json }.WithKeys(
            _ => (HttpMethod.Post, "/edge/v1/keys/reset", null),
            CliJson.Wire.AddedKeyBody,
            (_, keys, clock) => KeyViews.Of(keys.Reset(KeyVerbs.By), clock),
            (parsed, added) => KeyVerbs.PrintOnce(added, parsed.GetValue(json)));
        return new Command("key-admin", "Recover when no admin key is left. On the box, as the service's user or root.") { reset };
    }
}
