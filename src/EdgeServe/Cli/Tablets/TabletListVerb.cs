using System.CommandLine;
using System.Globalization;
using EdgeServe.Http.Keys;

namespace EdgeServe.Cli.Tablets;

/// <summary><c>edgeserve tablet list</c>.</summary>
internal static class TabletListVerb
{
    public static Command Create()
    {
        var json = ConfiguredVerb.JsonOption();
        return new Command("list", "Show the keys there are.") { json }.WithKeys(
            _ => (HttpMethod.Get, "/edge/v1/keys", null),
            CliJson.Wire.KeyListBody,
            (_, keys, clock) => KeyViews.Of(keys, clock),
            (parsed, list) => Print(list, parsed.GetValue(json)));
    }

    private static void Print(KeyListBody list, bool json)
    {
        if (json)
        {
            CliJson.Print(list, CliJson.Indented.KeyListBody);
            return;
        }

        var table = Terminal.Table("Id", "Name", "Scope", "Models", "State", "Ends");
        foreach (var key in list.Keys)
            table.AddText(key.Id, key.Name, key.Scope, key.Models is null ? "all" : string.Join(", ", key.Models), key.State, Ends(key));
        Terminal.Output.Write(table);
        if (list.Trouble is { } trouble)
            Console.Error.WriteLine($"No key works: {trouble}. On the box: edgeserve key-admin reset.");
    }

    private static string Ends(KeyBody key) => key.ExpiresInMs is { } left
        ? string.Create(CultureInfo.InvariantCulture, $"in {TimeSpan.FromMilliseconds(left).TotalHours:0.0} running hours")
        : key.State == "active" ? "never" : "";
}
