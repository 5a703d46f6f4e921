using System.Runtime.InteropServices;

namespace EdgeServe.Engine.Models;

/// <summary>Gives memory back to the system after start-up, a reload or a busy time. Costs a pause of a few milliseconds.</summary>
internal static partial class ProcessMemory
{
    /// <summary>Collects what loading left behind, then trims.</summary>
    public static void GiveBack()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        TrimNative();
    }

    /// <summary>The C library keeps what a closed session leaves behind.</summary>
    public static void TrimNative()
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
