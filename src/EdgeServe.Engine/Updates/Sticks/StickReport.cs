using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>
/// Writes <c>status.html</c> and <c>status.json</c> into our folder on a medium. A medium that is full, read-only or gone
/// takes none; that is no error. Nothing but these names, and <c>pairing.html</c> once, is ever written there, and never
/// through a link.
/// </summary>
internal static class StickReport
{
    public const string JsonName = "status.json";
    public const string PageName = "status.html";
    public const string CardName = "pairing.html";

    /// <summary>Puts this box's report on top of those of the other boxes.</summary>
    /// <returns>Why it could not be written; null when it was.</returns>
    public static string? Write(Medium medium, ReportEntry entry) => In(medium, folder =>
    {
        var entries = new List<ReportEntry> { entry };
        entries.AddRange(Earlier(folder).Where(e => e.Device != entry.Device).Take(ReportJson.MaxEntries - 1));
        folder.Replace(JsonName, ReportJson.Write(entries));
        folder.Replace(PageName, ReportPage.Write(entries));
    });

    /// <summary>Puts one file beside the report.</summary>
    /// <returns>Why it could not be written; null when it was.</returns>
    public static string? WriteFile(Medium medium, string name, byte[] content) => In(medium, folder => folder.Replace(name, content));

    private static string? In(Medium medium, Action<FolderHandle> write)
    {
        try
        {
            using var root = FolderHandle.Open(medium.Path);
            if (root is null || (root.Status().Device, root.Status().Inode) != medium.Root)
                return "it is gone";
            using var folder = root.FolderOrNew(medium.LayoutFolder ?? Medium.FolderName);
            // A mount below our folder is not this medium.
            if (folder.Status().Device != medium.Root.Device)
                return "its folder is on another disk";
            write(folder);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private static List<ReportEntry> Earlier(FolderHandle folder)
    {
        try
        {
            return folder.Read(JsonName, ReportJson.MaxBytes) is { } content ? ReportJson.Read(content) : [];
        }
        catch (InvalidDataException)
        {
            // Not one we wrote: it is replaced.
            return [];
        }
    }
}
