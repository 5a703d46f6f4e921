using System.Globalization;

namespace EdgeServe.Engine.Audit;

/// <summary>Looks at the whole chain: from where the box says it begins to where it, or somebody outside, says it ends.</summary>
internal static class AuditCheck
{
    /// <param name="files">The log.</param>
    /// <param name="known">A head that was told outside: on a stick, in telemetry. Null: the box's own word has to do.</param>
    public static AuditVerdict Run(AuditFiles files, AuditHead? known)
    {
        var anchor = files.Anchor();
        AuditHead? before = null;
        string place = "";
        long count = 0;
        var ends = new List<AuditHead>();
        if (anchor is { } kept)
            ends.Add(kept.Last);
        if (known is not null)
            ends.Add(known);
        foreach (string path in files.List())
        {
            var lines = AuditFiles.Lines(path, out bool cut);
            for (int i = 0; i < lines.Count; i++)
            {
                string here = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)} line {i + 1}");
                var line = AuditLine.Read(lines[i]);
                if (line is null || !line.IsIntact || (cut && i == lines.Count - 1))
                    return Bad(before is null ? anchor?.Before.Sequence + 1 ?? AuditFiles.FirstOf(path) : before.Sequence + 1, $"{here} is {(line is null || cut ? "damaged or cut" : "changed")}");
                if (before is null && Beginning(anchor?.Before, AuditFiles.FirstOf(path), line, here) is { } wrong)
                    return wrong;
                if (before is not null && Follows(before, line, place, here) is { } bad)
                    return bad;
                before = new AuditHead(line.Sequence, line.Hash);
                place = here;
                count++;
                if (ends.Find(e => e.Sequence == line.Sequence && e.Hash != line.Hash) is { } other)
                    return Bad(line.Sequence, $"{here} is not the line that was known as {other}");
            }
        }

        var last = before ?? AuditHead.None;
        if (ends.MaxBy(e => e.Sequence) is { } end && end.Sequence > last.Sequence)
            return Bad(last.Sequence + 1, $"lines {last.Sequence + 1} to {end.Sequence} are missing at the end");
        return new AuditVerdict(count, last, null, 0);

        AuditVerdict Bad(long sequence, string problem) => new(count, before ?? AuditHead.None, string.Create(CultureInfo.InvariantCulture, $"{problem} (number {sequence})"), sequence);

        AuditVerdict? Beginning(AuditHead? start, long named, AuditLine line, string here)
        {
            // Without the box's word, as in a copy of the folder, its name says where a file begins.
            if (start is null && line.Sequence > named)
                return Bad(named, $"lines {named} to {line.Sequence - 1} are missing in front of {here}");
            if (start is null)
                return line.Sequence == 1 && line.Previous != AuditHead.None.Hash ? Bad(1, $"{here} is not a first line") : null;
            // A rotation that was cut off leaves older lines than it meant to.
            if (line.Sequence > start.Sequence + 1)
                return Bad(start.Sequence + 1, $"lines {start.Sequence + 1} to {line.Sequence - 1} are missing in front of {here}");
            return line.Sequence == start.Sequence + 1 && line.Previous != start.Hash ? Bad(line.Sequence, $"{here} does not follow the line that was rotated away") : null;
        }

        AuditVerdict? Follows(AuditHead earlier, AuditLine line, string there, string here)
        {
            if (line.Sequence == earlier.Sequence + 1)
                return line.Previous == earlier.Hash ? null : Bad(earlier.Sequence, $"{there} is not the line that {here} follows");
            return line.Sequence > earlier.Sequence + 1
                ? Bad(earlier.Sequence + 1, $"lines {earlier.Sequence + 1} to {line.Sequence - 1} are missing between {there} and {here}")
                : Bad(line.Sequence, $"{here} is out of order: it has number {line.Sequence} behind {earlier.Sequence}");
        }
    }
}
