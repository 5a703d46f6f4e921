using System.Globalization;

namespace EdgeServe.TestCollector;

/// <summary>A sender's word that it gave batches up on purpose, first to last; of a piece of a split batch only that piece.</summary>
public sealed record Tombstone(string Device, long Epoch, long First, long Last, string Part)
{
    public const string Event = "edgeserve.telemetry.dropped";

    public static IEnumerable<Tombstone> In(IEnumerable<Export> exports) => exports.SelectMany(e => e.Logs.Where(l => l.EventName == Event).SelectMany(
        l => Ranges(Export.Text(l.Attributes, "edgeserve.drop.ranges")).Select(r => new Tombstone(e.Id.Device, Export.Number(l.Attributes, "edgeserve.drop.epoch"), r.First, r.Last, r.Part))));

    public bool Covers(string device, long epoch, long sequence) => Device == device && Epoch == epoch && sequence >= First && sequence <= Last;

    /// <summary><c>7</c>, <c>9-12</c>, <c>15:1/2</c>, <c>20-</c>, separated by commas.</summary>
    private static IEnumerable<(long First, long Last, string Part)> Ranges(string text)
    {
        foreach (string range in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] piece = range.Split(':', 2);
            string[] ends = piece[0].Split('-');
            long first = long.Parse(ends[0], CultureInfo.InvariantCulture);
            long last = ends.Length == 1 ? first : ends[1].Length == 0 ? long.MaxValue : long.Parse(ends[1], CultureInfo.InvariantCulture);
            yield return (first, last, piece.Length > 1 ? piece[1] : "");
        }
    }
}
