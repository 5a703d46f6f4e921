using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EdgeServe.Engine.Storage;

/// <summary>fdatasync, which .NET has no call for: a file that is overwritten in place costs no write of its times.</summary>
internal static partial class DataFlush
{
    /// <exception cref="IOException">It is not on the disk, and may never be: write it again before believing a later call.</exception>
    public static void Flush(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }

        if (FDataSync(file) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            throw new IOException($"cannot flush a file: errno {error}", error);
        }
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle descriptor);
}
