using System.Text;

namespace EdgeServe.Grpc;

/// <summary>
/// Strings of messages. A server sees the same few names in every request: those are kept, so that reading one again
/// allocates nothing. The table never grows, whatever clients send.
/// </summary>
internal static class WireText
{
    private const int Slots = 256;
    private const int LongestKept = 64;
    private static readonly string?[] Kept = new string?[Slots];

    public static string Read(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
            return "";
        if (utf8.Length > LongestKept || !Ascii.IsValid(utf8))
            return Encoding.UTF8.GetString(utf8);
        uint hash = 2166136261;
        foreach (byte b in utf8)
            hash = (hash ^ b) * 16777619;
        ref string? slot = ref Kept[(hash ^ (hash >> 16)) % Slots];
        string? kept = Volatile.Read(ref slot);
        if (kept is not null && Ascii.Equals(utf8, kept))
            return kept;
        string text = Encoding.ASCII.GetString(utf8);
        Volatile.Write(ref slot, text);
        return text;
    }

    /// <summary>For a message to a client: what it sent, cut to a length that can be read.</summary>
    public static string Shorten(string text) => text.Length > 80 ? text[..80] + "…" : text;
}
