namespace EdgeServe.AcceptanceTests.Jobs;

/// <summary>A data directory that outlives the servers that use it.</summary>
internal sealed class DataFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("edgeserve-faults-").FullName;

    public string Jobs => System.IO.Path.Combine(Path, "jobs.db");

    public string Log => Jobs + "-wal";

    public string Quarantine => System.IO.Path.Combine(Path, "quarantine");

    /// <summary>The same files once more, for a fault to be tried on.</summary>
    public DataFolder Copy()
    {
        var copy = new DataFolder();
        foreach (string directory in Directory.EnumerateDirectories(Path, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(directory.Replace(Path, copy.Path, StringComparison.Ordinal));
        foreach (string file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories))
        {
            // Of a socket nothing can be copied, and of the lock of a service that runs neither.
            if (!file.EndsWith(".sock", StringComparison.Ordinal) && System.IO.Path.GetFileName(file) != "lock")
                File.Copy(file, file.Replace(Path, copy.Path, StringComparison.Ordinal));
        }

        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
