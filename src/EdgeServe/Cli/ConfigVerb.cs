using System.CommandLine;
using EdgeServe.Hosting;

namespace EdgeServe.Cli;

/// <summary><c>edgeserve config show</c>: the settings in force and where each comes from.</summary>
internal static class ConfigVerb
{
    private const string Hidden = "(hidden)";
    private static readonly string[] SecretWords = ["secret", "password", "token", "apikey"];

    public static Command Create()
    {
        var json = ConfiguredVerb.JsonOption();
        return new Command("config", "Look at the configuration.")
        {
            new Command("show", "Show every setting, its value and its source.") { json }.WithConfiguration((parsed, configuration, _) =>
            {
                Print(Rows(configuration), parsed.GetValue(json));
                return Task.FromResult(ExitCodes.Ok);
            }),
        };
    }

    public static SettingRow[] Rows(EffectiveConfiguration configuration) =>
        [.. EffectiveValues.All.Select(setting => new SettingRow(
            setting.Key, IsSecret(setting.Key) ? Hidden : setting.Value(configuration.Options), configuration.SourceOf(setting.Key)))];

    /// <summary>Would showing this key's value give a secret away?</summary>
    public static bool IsSecret(string key)
    {
        string last = key.Split(':')[^1];
        return Array.Exists(SecretWords, word => last.Contains(word, StringComparison.OrdinalIgnoreCase));
    }

    private static void Print(SettingRow[] rows, bool json)
    {
        if (json)
        {
            CliJson.Print(rows, CliJson.Indented.SettingRowArray);
            return;
        }

        var table = Terminal.Table("Setting", "Value", "Source");
        foreach (var row in rows)
            table.AddText(row.Key, row.Value, row.Source);
        Terminal.Output.Write(table);
    }
}
