using EdgeServe.Engine.Jobs;
using EdgeServe.Engine.Storage;
using EdgeServe.Hosting;

namespace EdgeServe.Cli.Doctor;

/// <summary>What durable jobs need, and how much of their budgets they use.</summary>
internal static class JobChecks
{
    public static IEnumerable<Finding> Storage(EdgeServeOptions options)
    {
        var data = new DataDirectory(options.Server.DataDirectory);
        yield return Library();
        yield return DataDirectory.OwnerOf(data.Path) is { } owner
            ? Finding.Ok("Service", $"{data.Path} is in use by {owner}")
            : Finding.Ok("Service", $"no service uses {data.Path}");
        yield return Finding.Ok("Jobs database", File.Exists(data.Jobs) ? Terminal.Bytes(new FileInfo(data.Jobs).Length) : "not made yet");
        yield return Payloads(data, options.Jobs.MaxBytes);
        yield return Reserve(data, options.Storage);
        if (Directory.Exists(data.Quarantine) && Directory.EnumerateFileSystemEntries(data.Quarantine).Any())
            yield return Finding.Warning("Quarantine", $"damaged files were put into {data.Quarantine}", "Look at the log for what was lost (event 5005), make a backup, think about a new card; then delete the folder.");
    }

    private static Finding Library()
    {
        string version = SqliteLibrary.Version;
        try
        {
            SqliteLibrary.AssertVersion(version);
            return Finding.Ok("SQLite", version);
        }
        catch (StorageException e)
        {
            return Finding.Failed("SQLite", e.Message, e.Hint!);
        }
    }

    private static Finding Payloads(DataDirectory data, long most)
    {
        long bytes = Directory.Exists(data.Payloads) ? new DirectoryInfo(data.Payloads).EnumerateFiles().Sum(f => f.Length) : 0;
        string seen = $"{Terminal.Bytes(bytes)} in files, Jobs:MaxBytes is {Terminal.Bytes(most)}";
        return bytes > most / 10 * 9
            ? Finding.Warning("Job payloads", seen, "Fetch and acknowledge results, or raise Jobs:MaxBytes; at the bound jobs are refused with 507.")
            : Finding.Ok("Job payloads", seen);
    }

    private static Finding Reserve(DataDirectory data, StorageSection storage)
    {
        string existing = data.Path;
        while (!Directory.Exists(existing))
            existing = Path.GetDirectoryName(existing)!;
        long free = new DriveInfo(existing).AvailableFreeSpace;
        string seen = $"{Terminal.Bytes(free)} free, Storage:ReserveBytes is {Terminal.Bytes(storage.ReserveBytes)}, ballast {(File.Exists(data.Ballast) ? "held" : "not held")}";
        return free < storage.ReserveBytes
            ? Finding.Failed("Room for jobs", seen, "Jobs are refused with 507 until there is room: free some, or lower the reserve.")
            : Finding.Ok("Room for jobs", seen);
    }
}
