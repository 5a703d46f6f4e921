using System.Globalization;
using System.Text;
using EdgeServe.Security.Keys;

namespace EdgeServe.Security.Pairing;

/// <summary>What a stranger calls itself, made a key's name: it stands in paths, logs and on terminals.</summary>
internal static class TabletName
{
    public const string Nameless = "tablet";

    // Room for a number behind it.
    private const int Longest = KeyWish.LongestName - 4;

    public static string Clean(string? said)
    {
        var name = new StringBuilder();
        foreach (var rune in (said ?? "").EnumerateRunes())
        {
            bool gap = rune.Value == '/' || Rune.IsWhiteSpace(rune) || Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse;
            if (name.Length + rune.Utf16SequenceLength > Longest)
                break;
            if (!gap)
                name.Append(rune.ToString());
            else if (name.Length > 0 && name[^1] != ' ')
                name.Append(' ');
        }

        string cleaned = name.ToString().Trim();
        return cleaned is "" or "." or ".." ? Nameless : cleaned;
    }

    /// <summary>The name, or with the first number behind it that makes it nobody's.</summary>
    public static string Free(string name, IReadOnlyList<StoredKey> keys)
    {
        var taken = keys.Where(k => !k.Revoked).SelectMany(k => new[] { k.Name, k.Id }).ToHashSet(StringComparer.Ordinal);
        string free = name;
        for (int n = 2; taken.Contains(free); n++)
            free = string.Create(CultureInfo.InvariantCulture, $"{(name.Length > Longest ? name[..Longest] : name)} {n}");
        return free;
    }
}
