using System.Globalization;
using EdgeServe.Engine.Bundles.Signing;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Sync.CarryOut;
using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Cli.Outbox;

/// <summary>Exports and acknowledgements on the terminal and in layouts.</summary>
internal static class OutboxPrinter
{
    public static void Print(ExportSet set)
    {
        var table = Terminal.Table("Device", "Written", "Boot", "Epoch/batches", "Parts", "Items", "Size", "Not on it");
        foreach (var (export, _, _) in set.Exports)
        {
            var statement = export.Statement;
            table.AddText(
                statement.Device, Moment(statement.Moment), statement.Moment.BootId, Short(statement.Numbers.ToString()), Text(statement.Parts.Count), Text(statement.Parts.Sum(p => p.Items)),
                Terminal.Bytes(export.Bytes), statement.Left > 0 ? $"{Text(statement.Left)} batches" : "");
        }

        Terminal.Output.Write(table);
    }

    /// <summary>Writes an acknowledgement for each device into each layout.</summary>
    public static void Acknowledge(IReadOnlyDictionary<string, BatchNumbers> numbers, IEnumerable<string> layouts, SigningKey key)
    {
        foreach (string directory in layouts)
        {
            using var layout = new StickLayout(
                FolderHandle.Open(directory) ?? throw new CarryOutException(CarryOutError.StickUnreadable, $"{directory} is not there", "Name a stick or a layout."), "office");
            foreach (var (device, proven) in numbers.Where(n => !n.Value.IsEmpty))
            {
                AcknowledgementFile.Write(layout, new Acknowledgement(device, proven), key);
                Console.Out.WriteLine($"Acknowledged {device} {Short(proven.ToString())} in {directory}. Bring it back to the box.");
            }
        }
    }

    private static string Moment(OutboxMoment moment) => string.Create(
        CultureInfo.InvariantCulture, $"{DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(moment.WallMs, 0, 253_402_300_799_000)):yyyy-MM-dd HH:mm} ({OtlpNames.Text(moment.Quality)} clock)");

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Short(string ranges) => ranges.Length <= 60 ? ranges : ranges[..60] + "…";
}
