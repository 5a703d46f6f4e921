using System.CommandLine;
using EdgeServe.Http.Keys;

namespace EdgeServe.Cli.Tablets;

/// <summary><c>edgeserve tablet add</c>: makes a key and shows it once.</summary>
internal static class TabletAddVerb
{
    public static Command Create()
    {
        var name = new Option<string>("--name") { Description = "Whose it is, for people.", Required = true };
        var scope = new Option<string>("--scope") { Description = "What it may do; each includes those before it.", DefaultValueFactory = _ => "infer" };
        scope.AcceptOnlyFromAmong("infer", "operate", "admin");
        var models = new Option<string[]>("--model") { Description = "The only models it may use; again for each. None: all.", DefaultValueFactory = _ => [] };
        var hours = new Option<double?>("--expires-hours") { Description = "Hours of the box's running time it works for. None: until it is revoked.", HelpName = "HOURS" };
        var rate = new Option<int?>("--requests-per-second") { Description = "Its own limit; none: Security:KeyRequestsPerSecond.", HelpName = "N" };
        var json = ConfiguredVerb.JsonOption();
        NewKeyBody Wish(ParseResult parsed) => new(parsed.GetValue(name), parsed.GetValue(scope), parsed.GetValue(models), parsed.GetValue(hours), parsed.GetValue(rate));
        return new Command("add", "Make a key and show it, once.") { name, scope, models, hours, rate, json }.WithKeys(
            parsed => (HttpMethod.Post, "/edge/v1/keys", KeyVerbs.Json(Wish(parsed), CliJson.Wire.NewKeyBody)),
            CliJson.Wire.AddedKeyBody,
            (parsed, keys, clock) => KeyViews.Of(keys.Add(KeyViews.Wish(Wish(parsed)), KeyVerbs.By), clock),
            (parsed, added) => KeyVerbs.PrintOnce(added, parsed.GetValue(json)));
    }
}
