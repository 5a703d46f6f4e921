using System.Globalization;
using System.Runtime.InteropServices;
using EdgeServe.Engine.Sessions;
using EdgeServe.Engine.Storage;
using EdgeServe.Hosting;

namespace EdgeServe.Cli.Doctor;

/// <summary>The machine and the libraries.</summary>
internal static partial class SystemChecks
{
    private const long LittleMemory = 256L << 20;
    private const int OpenFilesLimit = 7; // RLIMIT_NOFILE
    private const int SparseDescriptors = 1024;

    public static IEnumerable<Finding> Runtime(EngineSection settings)
    {
        yield return Finding.Ok("Program", $"edgeserve {ProductVersion.Text}, .NET {Environment.Version}, {RuntimeInformation.RuntimeIdentifier}, {Environment.ProcessorCount} cores");
        Finding engine;
        try
        {
            EngineLibrary.Use(settings.Library);
            string seen = $"ONNX Runtime {EngineInfo.Version}; providers {string.Join(", ", EngineInfo.Providers)}";
            engine = EngineLibrary.Refusal is { } refusal
                ? Finding.Warning("Inference library", $"{seen}; {refusal}", $"Build ONNX Runtime {EngineLibrary.NeededVersion} for this board, or leave Engine:Library empty.")
                : Finding.Ok("Inference library", EngineLibrary.Path is { } own ? $"{seen}; the board's own, {own}" : seen);
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException or BadImageFormatException)
        {
            engine = Finding.Failed("Inference library", (e.InnerException ?? e).Message,
                "libonnxruntime.so must lie beside the program and fit its processor; copy the whole published folder.");
        }

        yield return engine;
    }

    public static Finding Telemetry() => NativeEnvironment.TelemetryIsOff
        ? Finding.Ok("Telemetry of the library", "off")
        : Finding.Failed("Telemetry of the library", "on", "Report this: the program switches it off before it loads the library.");

    /// <summary>A clock older than this program is wrong for certain.</summary>
    public static Finding Clock(TimeProvider time)
    {
        const string check = "Clock";
        var now = time.GetUtcNow();
        var built = new DateTimeOffset(File.GetLastWriteTimeUtc(Environment.ProcessPath!), TimeSpan.Zero);
        string seen = now.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
        if (now < built)
            return Finding.Warning(check, $"{seen}, before this program was built", "Set it (timedatectl set-time) or connect to a network with NTP; serving works regardless, times in logs are wrong.");
        return File.Exists("/run/systemd/timesync/synchronized")
            ? Finding.Ok(check, seen + ", set by NTP")
            : Finding.Ok(check, seen + ", not known to be set by NTP; nothing here depends on it");
    }

    public static Finding Memory(EdgeServeOptions options)
    {
        const string check = "Memory";
        long total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        long available = AvailableBytes();
        long budget = EngineOptionsFrom.Configuration(options).Catalog.MemoryBudgetBytes;
        string seen = $"{Terminal.Bytes(available)} of {Terminal.Bytes(total)} free; models may take {Terminal.Bytes(budget)}, tensors in flight {Terminal.Bytes(options.Limits.MaxBytesInFlight)}";
        if (budget + options.Limits.MaxBytesInFlight > total)
            return Finding.Warning(check, seen, "Together more than there is: lower Repository:MemoryBudgetBytes or Limits:MaxBytesInFlight.");
        return available < LittleMemory
            ? Finding.Warning(check, seen, "Stop what else runs here, or serve fewer models.")
            : Finding.Ok(check, seen);
    }

    public static Finding FileDescriptors(EdgeServeOptions options)
    {
        const string check = "Open files";
        if (AllowedFiles(options.Server.DataDirectory) is not { } allowed)
            return Finding.Warning(check, "limit unknown", "See `ulimit -n`.");
        ulong wanted = (ulong)options.Limits.MaxConnections + SparseDescriptors;
        return allowed >= wanted
            ? Finding.Ok(check, $"{allowed} allowed")
            : Finding.Warning(check, $"{allowed} allowed, Limits:MaxConnections is {options.Limits.MaxConnections}", $"Raise the limit (LimitNOFILE={wanted} in the unit, or ulimit -n) or lower Limits:MaxConnections.");
    }

    /// <summary>Of the service that runs; without one, of whoever asks and would start it.</summary>
    private static ulong? AllowedFiles(string data)
    {
        const string line = "Max open files";
        string owner = Path.Combine(data, "owner");
        string limits = File.Exists(owner) ? $"/proc/{File.ReadAllText(owner).Trim()}/limits" : "";
        if (DataDirectory.OwnerOf(data) is not null && File.Exists(limits) && File.ReadLines(limits).FirstOrDefault(l => l.StartsWith(line, StringComparison.Ordinal)) is { } found)
            return ulong.TryParse(found[line.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture, out ulong hard) ? hard : null;
        return GetLimit(OpenFilesLimit, out var limit) == 0 ? limit.Hard : null;
    }

    private static long AvailableBytes()
    {
        const string file = "/proc/meminfo", name = "MemAvailable:";
        string? line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal)) : null;
        return line is not null && long.TryParse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out long kib)
            ? kib << 10
            : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ResourceLimit
    {
        public ulong Soft;
        public ulong Hard;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out ResourceLimit limit);
}
