using System.Globalization;

namespace EdgeServe.Engine.Storage;

/// <summary>
/// The folder of everything that lasts, owned by one process at a time. Ownership is a lock the kernel lets go of when
/// the process ends, however it ends. The file <c>running</c> stays behind when it did not end by itself.
/// </summary>
public sealed class DataDirectory : IDisposable
{
    /// <summary>Where systemd says that a service's credentials are.</summary>
    public const string Credentials = "CREDENTIALS_DIRECTORY";

    private const string LockName = "lock";
    private const string OwnerName = "owner";
    private const string RunningName = "running";
    private readonly TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FileStream? _lock;

    public DataDirectory(string path) => Path = System.IO.Path.GetFullPath(path);

    public string Path { get; }

    /// <summary>Did the process before this one put everything away?</summary>
    public bool StoppedCleanly { get; private set; }

    /// <summary>Does this process own it?</summary>
    public bool IsTaken => _lock is not null;

    /// <summary>A file that is there while this program is on trial; null: it never is.</summary>
    public string? TrialFile { get; init; }

    /// <summary>May this program still be taken back? Until then no file may become one that the program before cannot read.</summary>
    public bool IsOnTrial => TrialFile is not null && File.Exists(TrialFile);

    /// <summary>Completes when this process owns it.</summary>
    public Task Taken => _taken.Task;

    public string Jobs => System.IO.Path.Combine(Path, "jobs.db");

    /// <summary>The wrapped keys of jobs.</summary>
    public string JobKeys => System.IO.Path.Combine(Path, "jobs.keys");

    /// <summary>Names of the jobs that came and went lately.</summary>
    public string Ledger => System.IO.Path.Combine(Path, "jobs.ledger");

    /// <summary>Who did what.</summary>
    public string Audit => System.IO.Path.Combine(Path, "audit");

    /// <summary>Telemetry that waits.</summary>
    public string Outbox => System.IO.Path.Combine(Path, "outbox.db");

    public string Payloads => System.IO.Path.Combine(Path, "payloads");

    public string Device => System.IO.Path.Combine(Path, "device");

    /// <summary>Content by digest, an OCI image layout.</summary>
    public string Store => System.IO.Path.Combine(Path, "store");

    /// <summary>A newer program on its way to root's helper.</summary>
    public string Program => System.IO.Path.Combine(Path, "program");

    /// <summary>Content that is still arriving.</summary>
    public string Ingest => System.IO.Path.Combine(Path, "ingest");

    /// <summary>The installed sets by file name.</summary>
    public string Active => System.IO.Path.Combine(Path, "active");

    /// <summary>Drift sketches.</summary>
    public string Drift => System.IO.Path.Combine(Path, "telemetry", "drift");

    /// <summary>The last hours' series.</summary>
    public string Series => System.IO.Path.Combine(Path, "telemetry", "series");

    /// <summary>How models run best on this device.</summary>
    public string Tuning => System.IO.Path.Combine(Path, "tuning");

    public string Backup => System.IO.Path.Combine(Path, "backup");

    public string Quarantine => System.IO.Path.Combine(Path, "quarantine");

    public string Ballast => System.IO.Path.Combine(Path, "ballast");

    /// <summary>Takes the directory, making it if need be. Does nothing when it is taken.</summary>
    /// <exception cref="StorageException"><see cref="StorageError.InUse"/> naming the owner, or <see cref="StorageError.Broken"/>.</exception>
    public void Take()
    {
        if (_lock is not null)
            return;
        string file = System.IO.Path.Combine(Path, LockName);
        try
        {
            Directory.CreateDirectory(Path);
            _lock = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            // Beside the lock, not in it: a locked file cannot be read. The lock alone decides.
            File.WriteAllText(System.IO.Path.Combine(Path, OwnerName), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            _taken.TrySetResult();
            StoppedCleanly = !File.Exists(System.IO.Path.Combine(Path, RunningName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (e is IOException and not DirectoryNotFoundException && File.Exists(file) && Owner() is { } owner)
                throw new StorageException(StorageError.InUse, $"data directory {Path} is in use by {owner}", "Stop that process, or give this one a directory of its own with --data DIR.", e);
            throw new StorageException(StorageError.Broken, $"data directory {Path} cannot be used: {e.Message}", "Give the service's user the right to write there, or choose another with --data DIR.", e);
        }
    }

    /// <summary>
    /// Takes it for a command that a person runs. Root's files in a directory of another user's would keep the service out
    /// of its own data.
    /// </summary>
    /// <exception cref="StorageException">As for <see cref="Take"/>; it belongs to somebody else.</exception>
    public void TakeByHand()
    {
        if (Environment.IsPrivilegedProcess && OperatingSystem.IsLinux())
        {
            using var folder = FolderHandle.Open(Path);
            if (folder?.Status().Owner is { } owner and not 0)
                throw new StorageException(StorageError.Broken, $"data directory {Path} belongs to user {owner}, and what root wrote there the service could not read", "Start the service and try again, or run this as its user: sudo -u edgeserve edgeserve ...");
        }

        Take();
    }

    /// <returns>Who holds the directory now; null when nobody does.</returns>
    public static string? OwnerOf(string path)
    {
        string file = System.IO.Path.Combine(System.IO.Path.GetFullPath(path), LockName);
        if (!File.Exists(file))
            return null;
        try
        {
            using (new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
                return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return OwnerIn(path) ?? "another process";
        }
    }

    /// <summary>Leaves the mark that says this run has not ended yet.</summary>
    public void MarkRunning()
    {
        string mark = System.IO.Path.Combine(Path, RunningName);
        if (!File.Exists(mark))
            AtomicWrite.WriteAllText(mark, "");
    }

    /// <summary>Everything is put away.</summary>
    public void MarkStopped() => File.Delete(System.IO.Path.Combine(Path, RunningName));

    public void Dispose() => _lock?.Dispose();

    private string? Owner() => OwnerIn(Path);

    private static string? OwnerIn(string path)
    {
        try
        {
            string process = File.ReadAllText(System.IO.Path.Combine(path, OwnerName)).Trim();
            if (!int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out int id) || id == Environment.ProcessId)
                return null;
            string commandLine = $"/proc/{process}/cmdline";
            string command = File.Exists(commandLine) ? File.ReadAllText(commandLine).Replace('\0', ' ').Trim() : "";
            return command.Length > 0 ? $"process {process} ({command})" : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
