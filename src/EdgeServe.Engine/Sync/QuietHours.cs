using System.Globalization;

namespace EdgeServe.Engine.Sync;

/// <summary>A time of day in which the link stays unused, by the box's own time zone. The end is not part of it.</summary>
internal sealed record QuietHours(TimeOnly From, TimeOnly To)
{
    private const string Format = "HH:mm";

    /// <param name="text"><c>22:00-06:00</c>.</param>
    /// <param name="hours">Null when it is no such text.</param>
    public static bool TryParse(string text, out QuietHours? hours)
    {
        string[] parts = text.Split('-', StringSplitOptions.TrimEntries);
        bool good = parts.Length == 2 & TryTime(parts[0], out var from) & TryTime(parts[^1], out var to) && from != to;
        hours = good ? new QuietHours(from, to) : null;
        return good;
    }

    public bool Contains(DateTimeOffset local) => TimeOnly.FromDateTime(local.DateTime).IsBetween(From, To);

    public override string ToString() => $"{From.ToString(Format, CultureInfo.InvariantCulture)}-{To.ToString(Format, CultureInfo.InvariantCulture)}";

    private static bool TryTime(string text, out TimeOnly time) => TimeOnly.TryParseExact(text, Format, CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
}
