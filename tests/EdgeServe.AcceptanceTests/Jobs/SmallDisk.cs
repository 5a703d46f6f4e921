using System.Diagnostics;
using System.Globalization;

namespace EdgeServe.AcceptanceTests.Jobs;

/// <summary>A file system of its own, small enough to fill. Needs root.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string? _image;

    private SmallDisk(string? image) => _image = image;

    public string Path { get; } = Directory.CreateTempSubdirectory("edgeserve-disk-").FullName;

    /// <summary>For the service; what the test writes lies beside it.</summary>
    public string Data => System.IO.Path.Combine(Path, "data");

    private string Filler => System.IO.Path.Combine(Path, "filler");

    /// <summary>Why there can be none here; null: there can.</summary>
    public static string? Unavailable { get; } = Environment.IsPrivilegedProcess ? null : "mounting a disk of its own needs root";

    public static SmallDisk InMemory(long bytes)
    {
        var disk = new SmallDisk(null);
        Run("mount", "-t", "tmpfs", "-o", $"size={bytes.ToString(CultureInfo.InvariantCulture)}", "edgeserve-test", disk.Path);
        return disk;
    }

    public static SmallDisk Ext4(long bytes)
    {
        string image = System.IO.Path.GetTempFileName();
        using (var file = File.OpenWrite(image))
            file.SetLength(bytes);
        Run("mkfs.ext4", "-q", image);
        var disk = new SmallDisk(image);
        disk.Mount();
        return disk;
    }

    public void Mount() => Run("mount", "-o", "loop", _image!, Path);

    public void Unmount() => Run("umount", Path);

    /// <summary>As a worn card does it: the file system meets an error and takes no write any more.</summary>
    public void TurnReadOnly() => Run("mount", "-o", "remount,abort", Path);

    /// <summary>Takes every free byte.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] zeros = new byte[4096];
        try
        {
            while (true)
                file.Write(zeros);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void MakeRoom() => File.Delete(Filler);

    public void Dispose()
    {
        Run("umount", "-l", Path);
        Directory.Delete(Path);
        if (_image is not null)
            File.Delete(_image);
    }

    private static void Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{command} {string.Join(' ', arguments)}: {error}");
    }
}
