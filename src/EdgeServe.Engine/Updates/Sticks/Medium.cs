using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Updates.Enrolment;

namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>A folder below the media folder and what of ours is on it. Two that are equal hold the same content.</summary>
/// <param name="Path">The medium's root.</param>
/// <param name="Root">Which folder it is now: another stick in the same place is another medium.</param>
/// <param name="LayoutFolder">Our folder as it is spelt there; null: none.</param>
/// <param name="Index">Its index.json; null: none.</param>
/// <param name="EnrolmentPlace">Folder below the root and name of an enrolment file; null: none.</param>
/// <param name="EnrolmentStatus">That file.</param>
internal sealed record Medium(
    string Path, (ulong Device, ulong Inode) Root, string? LayoutFolder, FileStatus? Index, (string? Folder, string Name)? EnrolmentPlace, FileStatus? EnrolmentStatus)
{
    public const string FolderName = "edgeserve";
    private const string IndexName = "index.json";
    private const int MostNames = 10_000;
    private const int MostMedia = 64;

    public string Name => Readable(System.IO.Path.GetFileName(Path));

    public bool IsOurs => LayoutFolder is not null || EnrolmentPlace is not null;

    /// <summary>A file's name may hold line ends and terminal commands: not in a log, not on a terminal.</summary>
    public static string Readable(string name) =>
        new([.. name.Select(c => char.IsControl(c) || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format ? '?' : c)]);

    /// <summary>Every medium there is now. Links are not followed; what cannot be read is left out.</summary>
    /// <param name="directory">The media folder.</param>
    /// <param name="unreadable">Told what is left out, and why.</param>
    public static List<Medium> In(string directory, Action<string, string> unreadable)
    {
        var media = new List<Medium>();
        try
        {
            foreach (string path in Directory.EnumerateDirectories(directory).Take(MostMedia).Order(StringComparer.Ordinal))
            {
                try
                {
                    if (Look(path) is { } medium)
                        media.Add(medium);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    unreadable(path, e.Message);
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing was ever mounted there.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            unreadable(directory, e.Message);
        }

        return media;
    }

    /// <summary>Looks at one; null when it is a link, gone, or an empty place that waits for a mount.</summary>
    public static Medium? Look(string path)
    {
        using var root = FolderHandle.Open(path);
        if (root is null)
            return null;
        var status = root.Status();
        if (!Directory.EnumerateFileSystemEntries(path).Any())
            return null;
        string? folder = NameIn(root, FolderName, s => s.IsFolder);
        using var layout = folder is null ? null : root.Folder(folder);
        FileStatus? index = null;
        if (layout is not null && NameIn(layout, IndexName, _ => true) is { } indexName)
            index = layout.Status(indexName);
        (string? Folder, string Name)? place = null;
        FileStatus? enrolment = null;
        if (NameIn(root, EnrolmentFile.Name, s => !s.IsFolder) is { } atRoot)
            (place, enrolment) = ((null, atRoot), root.Status(atRoot));
        else if (layout is not null && NameIn(layout, EnrolmentFile.Name, s => !s.IsFolder) is { } inFolder)
            (place, enrolment) = ((folder, inFolder), layout.Status(inFolder));
        return new Medium(path, (status.Device, status.Inode), layout is null ? null : folder, index, place, enrolment);
    }

    /// <summary>The name as it is spelt on the medium: FAT and people write in any case.</summary>
    private static string? NameIn(FolderHandle folder, string name, Func<FileStatus, bool> fits)
    {
        if (folder.Status(name) is { } exact && fits(exact))
            return name;
        foreach (string path in Directory.EnumerateFileSystemEntries(folder.Path).Take(MostNames))
        {
            string found = System.IO.Path.GetFileName(path);
            if (found.Equals(name, StringComparison.OrdinalIgnoreCase) && found != name && folder.Status(found) is { } status && fits(status))
                return found;
        }

        return null;
    }
}
