using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Audit;

/// <summary>
/// The files of the log, <c>audit/audit-NNNNNNNNNNNN.jsonl</c> by the number of their first line, and in <c>device/audit</c>, twice, where
/// the log begins and ends: what was rotated away is no damage, what was cut off is.
/// </summary>
internal sealed class AuditFiles(string directory, string device)
{
    /// <summary>A file is closed when it has this many bytes.</summary>
    public const long FileBytes = 1 << 20;

    /// <summary>Files that are kept.</summary>
    public const int MostFiles = 8;

    private const string Prefix = "audit-";
    private const string Suffix = ".jsonl";
    private const int AnchorBytes = 2 * (sizeof(long) + (AuditHead.HashDigits / 2));
    private readonly DoubledFile _anchor = new(Path.Combine(device, "audit"));

    public string Directory => directory;

    /// <summary>Oldest first.</summary>
    public string[] List() => !System.IO.Directory.Exists(directory) ? []
        : [.. System.IO.Directory.EnumerateFiles(directory, Prefix + "*" + Suffix).Where(f => FirstOf(f) > 0).OrderBy(FirstOf)];

    public string PathOf(long first) => Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{first:D12}{Suffix}"));

    /// <summary>What the box knows of its log: the line before its first, and its last. Null: nothing yet.</summary>
    public (AuditHead Before, AuditHead Last)? Anchor() => _anchor.Read() is { Length: AnchorBytes } kept
        ? (HeadIn(kept), HeadIn(kept.AsSpan(AnchorBytes / 2)))
        : null;

    /// <summary>Durable when it returns.</summary>
    public void Keep(AuditHead before, AuditHead last)
    {
        Span<byte> anchor = stackalloc byte[AnchorBytes];
        Write(anchor, before);
        Write(anchor[(AnchorBytes / 2)..], last);
        _anchor.Write(anchor);
    }

    /// <summary>The lines of a file, without their ends; the last may be cut.</summary>
    public static List<byte[]> Lines(string path, out bool cut)
    {
        byte[] content = File.ReadAllBytes(path);
        var lines = new List<byte[]>();
        int at = 0;
        for (int end; at < content.Length && (end = content.AsSpan(at).IndexOf((byte)'\n')) >= 0; at += end + 1)
            lines.Add(content[at..(at + end)]);
        cut = at < content.Length;
        if (cut)
            lines.Add(content[at..]);
        return lines;
    }

    /// <summary>The newest lines that can be read with a number below this one, newest first.</summary>
    public List<(long Sequence, string Text, JsonElement Json)> Before(long sequence, int most)
    {
        var found = new List<(long, string, JsonElement)>();
        foreach (string path in List().Reverse().SkipWhile(f => FirstOf(f) >= sequence))
        {
            var lines = Lines(path, out _);
            for (int i = lines.Count - 1; i >= 0 && found.Count < most; i--)
            {
                if (AuditLine.Read(lines[i]) is { } line && line.Sequence < sequence)
                    found.Add((line.Sequence, Encoding.UTF8.GetString(lines[i]), Parsed(lines[i])));
            }

            if (found.Count >= most)
                break;
        }

        return found;
    }

    private static JsonElement Parsed(byte[] line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }

    /// <returns>Number of its first line, by its name; 0: it is none of the log's.</returns>
    public static long FirstOf(string path)
    {
        string name = Path.GetFileName(path);
        return long.TryParse(name.AsSpan(Prefix.Length, name.Length - Prefix.Length - Suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long first) ? first : 0;
    }

    private static void Write(Span<byte> target, AuditHead head)
    {
        BinaryPrimitives.WriteInt64LittleEndian(target, head.Sequence);
        Convert.FromHexString(head.Hash).CopyTo(target[sizeof(long)..]);
    }

    private static AuditHead HeadIn(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadInt64LittleEndian(source), Convert.ToHexStringLower(source.Slice(sizeof(long), AuditHead.HashDigits / 2)));
}
