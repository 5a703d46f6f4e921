using System.Runtime.InteropServices;

namespace EdgeServe.Hosting;

/// <summary>
/// Keys and requests are in this process's memory: a crash must not put them on a disk. Both the limit and the filter, since
/// a handler the kernel pipes dumps to need not keep the limit. A debugger can still attach.
/// </summary>
internal static partial class CoreDumps
{
    private const int CoreLimit = 4; // RLIMIT_CORE
    private const string Filter = "/proc/self/coredump_filter";

    /// <summary>Done as far as the kernel lets it.</summary>
    public static void Forbid()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var none = default(Limits);
        _ = SetLimit(CoreLimit, in none);
        try
        {
            File.WriteAllText(Filter, "0");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A sandbox may hide it; the limit is set.
        }
    }

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in Limits limits);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Limits
    {
        public readonly ulong Soft;
        public readonly ulong Hard;
    }
}
