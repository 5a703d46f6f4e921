using System.Runtime.InteropServices;

namespace EdgeServe.Engine.Models;

/// <summary>Gives memory back to the system after start-up, a reload or a busy time. Costs a pause of a few milliseconds.</summary>
internal static partial class ProcessMemory
{
    /// <summary>Collects what loading left behind, trims, and lets go of the code that did it.</summary>
    public static void GiveBack()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        TrimNative();
        ProgramPages.GiveBack();
    }

    /// <summary>Collects what nobody can reach any more. Nothing is moved: every request waits for some tens of milliseconds.</summary>
    public static void Collect() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: false);

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

    /// <summary>Resident bytes of this process that are its own, without pages of its program; 0 when the system does not say.</summary>
    public static long OwnBytes => Field("/proc/self/status", "RssAnon:") ?? 0;

    private static long? Field(string file, string name)
    {
        if (!File.Exists(file))
            return null;
        string? line = File.ReadLines(file).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        return line is not null && long.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture, out long kilobytes)
            ? kilobytes << 10
            : null;
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}
