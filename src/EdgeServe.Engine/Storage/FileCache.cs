using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EdgeServe.Engine.Storage;

/// <summary>The kernel's copy of a file: forgotten, so that the next read comes from the medium.</summary>
internal static partial class FileCache
{
    private const int DoNotNeed = 4;

    /// <summary>Best effort; what is not written yet stays.</summary>
    public static void Forget(SafeFileHandle handle)
    {
        if (OperatingSystem.IsLinux())
            _ = Advise((int)handle.DangerousGetHandle(), 0, 0, DoNotNeed);
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(int file, long offset, long length, int advice);
}
