using System.Runtime.InteropServices;

namespace EdgeServe.Bare;

/// <summary>The engine's telemetry off here too: it would cost the yardstick time.</summary>
internal static partial class NativeSettings
{
    public static void Apply() => _ = SetEnv("ORT_DISABLE_TELEMETRY", "1", 1);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnv(string name, string value, int overwrite);
}
