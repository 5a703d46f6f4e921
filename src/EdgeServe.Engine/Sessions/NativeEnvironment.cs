using System.Runtime.InteropServices;

namespace EdgeServe.Engine.Sessions;

/// <summary>
/// What native code finds when it begins: the process environment as it sees it (.NET keeps its own copy, so
/// <see cref="Environment.SetEnvironmentVariable(string, string?)"/> never reaches a native library's <c>getenv</c>), and the C library's heaps.
/// </summary>
public static partial class NativeEnvironment
{
    private const string TelemetryVariable = "ORT_DISABLE_TELEMETRY";

    /// <summary>mallopt(3): the most heaps that threads are spread over.</summary>
    private const int ArenaMax = -8;

    /// <summary>True when the inference library, asking the native environment, finds its telemetry switched off.</summary>
    public static bool TelemetryIsOff => Get(TelemetryVariable) == "1";

    /// <summary>
    /// Switches off the inference library's own telemetry, which is on by default in the official Linux builds and reads
    /// this variable when it initialises: call this before anything touches the library.
    /// </summary>
    public static void DisableEngineTelemetry()
    {
        if (!OperatingSystem.IsWindows() && SetEnv(TelemetryVariable, "1", 1) != 0)
            throw new InvalidOperationException($"cannot set {TelemetryVariable} in the native environment");
        Environment.SetEnvironmentVariable(TelemetryVariable, "1");
    }

    /// <summary>
    /// One heap a processor instead of eight: what graphs that come and go leave behind in each of them is memory nobody gets back.
    /// Call this before threads are many.
    /// </summary>
    public static void LimitHeaps()
    {
        if (!OperatingSystem.IsLinux() || Get("MALLOC_ARENA_MAX") is not null)
            return;
        try
        {
            _ = MallOpt(ArenaMax, Math.Max(2, Environment.ProcessorCount));
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library, with its own habits.
        }
    }

    private static string? Get(string name) =>
        OperatingSystem.IsWindows() ? Environment.GetEnvironmentVariable(name) : Marshal.PtrToStringUTF8(GetEnv(name));

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnv(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetEnv(string name);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);
}
