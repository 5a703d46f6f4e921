using System.Runtime.InteropServices;

namespace EdgeServe.Engine.Storage;

/// <summary>A second name for a file's bytes: no copy, no room.</summary>
internal static partial class HardLink
{
    /// <summary>Links, or copies where the file system has no links.</summary>
    public static void Create(string existing, string name)
    {
        if (OperatingSystem.IsWindows() || Link(existing, name) != 0)
            File.Copy(existing, name);
    }

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Link(string existing, string name);
}
