using System.Globalization;
using System.Runtime.InteropServices;

namespace EdgeServe.Engine.Models;

/// <summary>
/// Pages of the program and its libraries: code and constants as they are in the file. Starting touches most of them, serving about half of those.
/// A page that was let go is mapped again from the system's cache by whoever needs it, and the cache may drop the others.
/// </summary>
internal static partial class ProgramPages
{
    private const string Mappings = "/proc/self/smaps";
    private const int DontNeed = 4;

    /// <summary>Lets go of all of them.</summary>
    public static void GiveBack()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(Mappings))
            return;
        List<Mapping> unchanged = Unchanged(File.ReadLines(Mappings));
        foreach (var (start, length) in unchanged.Select(m => (m.Start, m.Length)))
            _ = Advise(start, length, DontNeed);
    }

    /// <summary>
    /// Read-only mappings of files that have code in them, of which no page was ever written: relocated constants would be lost.
    /// </summary>
    internal static List<Mapping> Unchanged(IEnumerable<string> smaps)
    {
        var found = new List<Mapping>();
        var programs = new HashSet<string>(StringComparer.Ordinal);
        Mapping? current = null;
        foreach (string line in smaps)
        {
            if (Mapping.TryParse(line) is { } mapping)
            {
                current = mapping.Permissions is "r-xp" or "r--p" && mapping.File.StartsWith('/') ? mapping : null;
                if (mapping.Permissions == "r-xp")
                    programs.Add(mapping.File);
            }
            else if (current is { } unwritten && line.StartsWith("Anonymous:", StringComparison.Ordinal) && line.AsSpan("Anonymous:".Length).Trim() is "0 kB")
            {
                found.Add(unwritten);
            }
        }

        return found.FindAll(m => programs.Contains(m.File));
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nuint start, nuint length, int advice);

    /// <summary>The first line of a mapping's entry: <c>start-end permissions offset device inode file</c>, hexadecimal addresses.</summary>
    internal readonly record struct Mapping(nuint Start, nuint Length, string Permissions, string File)
    {
        public static Mapping? TryParse(string line)
        {
            string[] fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (fields.Length < 5 || fields[0].IndexOf('-', StringComparison.Ordinal) is var dash && dash < 0)
                return null;
            return TryHex(fields[0].AsSpan(0, dash), out nuint start) && TryHex(fields[0].AsSpan(dash + 1), out nuint end)
                ? new Mapping(start, end - start, fields[1], fields.Length > 5 ? fields[5] : "")
                : null;
        }

        private static bool TryHex(ReadOnlySpan<char> text, out nuint value) => nuint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
