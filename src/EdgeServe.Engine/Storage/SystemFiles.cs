using System.Globalization;

namespace EdgeServe.Engine.Storage;

/// <summary>What the kernel tells in files, below one root, so that another tree can stand in for a board. What cannot be read is unknown, never an error.</summary>
/// <param name="root">/, or a folder that looks like it.</param>
public sealed class SystemFiles(string root)
{
    /// <summary>Where a file of the system is.</summary>
    public string PathOf(string path) => Path.Join(root, path);

    /// <summary>A file's text without the line's end; null: it is not there, or does not answer now.</summary>
    public string? Text(string path)
    {
        try
        {
            return File.ReadAllText(PathOf(path)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public long? Number(string path) =>
        long.TryParse(Text(path), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;

    /// <summary>The number behind a name in a file of lines, <c>MemAvailable: 123 kB</c> or <c>inactive_file 123</c>.</summary>
    public long? Field(string path, string name) => Field(Text(path).AsSpan(), name);

    /// <param name="text">Such a file's text.</param>
    /// <param name="name">The line's first word, with its colon.</param>
    public static long? Field(ReadOnlySpan<char> text, string name)
    {
        foreach (var line in text.EnumerateLines())
        {
            if (!line.StartsWith(name, StringComparison.Ordinal) || line.Length == name.Length || line[name.Length] is not (' ' or '\t'))
                continue;
            var value = line[name.Length..].Trim();
            int end = value.IndexOf(' ');
            return long.TryParse(end < 0 ? value : value[..end], NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
        }

        return null;
    }

    /// <summary>Entries of a folder, as paths that this takes; none when it is not there.</summary>
    public IReadOnlyList<string> Entries(string folder, string pattern)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(PathOf(folder), pattern).Select(e => Path.Join(folder, Path.GetFileName(e))).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
