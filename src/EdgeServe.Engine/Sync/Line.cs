namespace EdgeServe.Engine.Sync;

/// <summary>Foreign text on its way to a person: one line, bounded, nothing that moves a cursor.</summary>
internal static class Line
{
    private const int Longest = 120;

    public static string Of(string text)
    {
        string line = new([.. text.Take(Longest).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)]);
        return text.Length > Longest ? line + "…" : line;
    }
}
