using System.Globalization;

namespace EdgeServe.Engine.Models;

/// <summary>Which versions of a model are served: <c>all</c>, <c>latest:N</c> or <c>specific:1,3</c>.</summary>
public sealed record VersionPolicy
{
    private readonly int _latest;
    private readonly long[] _specific = [];

    private VersionPolicy(int latest, long[] specific)
    {
        _latest = latest;
        _specific = specific;
    }

    public static VersionPolicy LatestOne { get; } = new(1, []);

    public static VersionPolicy All { get; } = new(int.MaxValue, []);

    public static bool TryParse(string text, out VersionPolicy policy)
    {
        policy = LatestOne;
        string[] parts = text.Split(':', 2, StringSplitOptions.TrimEntries);
        switch (parts[0].ToLowerInvariant())
        {
            case "all" when parts.Length == 1:
                policy = All;
                return true;
            case "latest" when parts.Length == 1:
                return true;
            case "latest" when int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0:
                policy = new VersionPolicy(count, []);
                return true;
            case "specific" when parts.Length == 2:
                var versions = new List<long>();
                foreach (string part in parts[1].Split(',', StringSplitOptions.TrimEntries))
                {
                    if (!long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out long version) || version < 1)
                        return false;
                    versions.Add(version);
                }

                policy = new VersionPolicy(0, [.. versions.Distinct()]);
                return true;
            default:
                return false;
        }
    }

    /// <summary>The versions to serve of those there are, rising. Versions asked for but absent are in <paramref name="missing"/>.</summary>
    public long[] Choose(IEnumerable<long> present, out long[] missing)
    {
        long[] rising = [.. present.Order()];
        missing = [.. _specific.Except(rising)];
        return _specific.Length > 0 ? [.. rising.Intersect(_specific)] : [.. rising.TakeLast(_latest)];
    }

    public override string ToString() => this switch
    {
        { _specific.Length: > 0 } => "specific:" + string.Join(',', _specific),
        { _latest: int.MaxValue } => "all",
        _ => string.Create(CultureInfo.InvariantCulture, $"latest:{_latest}"),
    };
}
