using System.Runtime.InteropServices;

namespace EdgeServe.Engine.Models;

/// <summary>Gives freed native memory back to the system: glibc keeps what a closed session leaves behind.</summary>
internal static partial class NativeHeap
{
    public static void Trim()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = MallocTrim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library, with its own habits.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}
