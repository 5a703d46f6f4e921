using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Models;

/// <summary>What memory there is for this process: the machine's, or what its control groups (version 2) leave of it. Their page cache can be had back and does not count as used.</summary>
public sealed class MachineMemory(SystemFiles files)
{
    private const string Groups = "/sys/fs/cgroup";

    /// <summary>The paths of the process's control groups, its own first; none where the system has no version 2.</summary>
    public IReadOnlyList<string> ControlGroups { get; } = OwnAndAbove(files);

    /// <summary>Bytes that could still be had; all there could be when the system does not say.</summary>
    public long AvailableBytes => Look().Available;

    /// <summary>Bytes that could be had, of how many, and who says so.</summary>
    public (long Available, long Total, string Of) Look()
    {
        string? meminfo = files.Text("/proc/meminfo");
        var tightest = (
            Available: Kilobytes(meminfo, "MemAvailable:") ?? long.MaxValue,
            Total: Kilobytes(meminfo, "MemTotal:") ?? long.MaxValue, Of: "the machine");
        foreach (string group in ControlGroups)
        {
            if (Limit(group) is not { } limit || files.Number(group + "/memory.current") is not { } used)
                continue;
            long working = Math.Max(0, used - (files.Field(group + "/memory.stat", "inactive_file") ?? 0));
            long left = Math.Max(0, limit - working);
            if (left < tightest.Available)
                tightest = (left, Math.Min(limit, tightest.Total), "the service's control group");
        }

        return tightest;
    }

    private long? Limit(string group)
    {
        long? most = files.Number(group + "/memory.max"), high = files.Number(group + "/memory.high");
        return most is { } m && high is { } h ? Math.Min(m, h) : most ?? high;
    }

    private static long? Kilobytes(string? meminfo, string name) => SystemFiles.Field(meminfo.AsSpan(), name) << 10;

    private static List<string> OwnAndAbove(SystemFiles files)
    {
        const string versionTwo = "0::";
        var groups = new List<string>();
        string? line = files.Text("/proc/self/cgroup")?.Split('\n').FirstOrDefault(l => l.StartsWith(versionTwo, StringComparison.Ordinal));
        for (string? path = line?[versionTwo.Length..].TrimEnd('/'); path is not null; path = path.Length == 0 ? null : path[..Math.Max(0, path.LastIndexOf('/'))])
            groups.Add(Groups + path);
        return groups;
    }
}
