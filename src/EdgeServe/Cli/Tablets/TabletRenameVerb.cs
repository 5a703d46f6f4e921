using System.CommandLine;
using EdgeServe.Http.Keys;

namespace EdgeServe.Cli.Tablets;

/// <summary><c>edgeserve tablet rename</c>.</summary>
internal static class TabletRenameVerb
{
    public static Command Create()
    {
        var key = new Argument<string>("KEY") { Description = "Its id or its name." };
        var name = new Argument<string>("NAME") { Description = "Its new name." };
        return new Command("rename", "Give a key another name.") { key, name }.WithKeys(
            parsed => (HttpMethod.Post, KeyVerbs.PathOf(parsed.GetValue(key)!) + "/rename", KeyVerbs.Json(new RenameBody(parsed.GetValue(name)), CliJson.Wire.RenameBody)),
            CliJson.Wire.KeyBody,
            (parsed, keys, clock) => KeyViews.Of(keys.Rename(parsed.GetValue(key)!, parsed.GetValue(name)!, KeyVerbs.By), clock),
            (_, renamed) => Console.Out.WriteLine($"Key {renamed.Id} is named '{renamed.Name}'."));
    }
}
