using Spectre.Console;

namespace EdgeServe.Cli;

/// <summary>Tables for a human on standard output, progress on standard error: what is piped on stays clean.</summary>
internal static class Terminal
{
    private const int WidthInPipes = 200;

    public static IAnsiConsole Output { get; } = Create(Console.Out, Console.IsOutputRedirected);

    public static IAnsiConsole Progress { get; } = Create(Console.Error, Console.IsErrorRedirected);

    public static Table Table(params string[] columns)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (string column in columns)
            table.AddColumn(new TableColumn(column.EscapeMarkup()));
        return table;
    }

    /// <summary>A row of plain text: what looks like markup in a name is not.</summary>
    public static void AddText(this Table table, params string[] cells) =>
        table.AddRow(cells.Select(c => new Markup(c.EscapeMarkup())));

    public static string Bytes(long bytes) => bytes switch
    {
        >= 10L << 30 => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):F0} GiB"),
        >= 1L << 30 => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):F1} GiB"),
        >= 1L << 20 => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):F1} MiB"),
        _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / 1024.0:F1} KiB"),
    };

    private static IAnsiConsole Create(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (redirected)
            console.Profile.Width = WidthInPipes;
        return console;
    }
}
