namespace EdgeServe.Cli.Doctor;

/// <summary>Where the service writes.</summary>
internal static class DiskChecks
{
    private const long LittleSpace = 512L << 20;

    public static Finding DataDirectory(string directory)
    {
        const string check = "Data directory";
        string path = Path.GetFullPath(directory);
        try
        {
            bool existed = Directory.Exists(path);
            Directory.CreateDirectory(path);
            string probe = Path.Combine(path, $".doctor-{Environment.ProcessId}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            if (!existed)
                Directory.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Finding.Failed(check, $"{path} cannot be written: {e.Message}", "Choose another with --data DIR, or give the service's user the right to write there.");
        }

        long free = new DriveInfo(Existing(path)).AvailableFreeSpace;
        return free < LittleSpace
            ? Finding.Warning(check, $"{path}, {Terminal.Bytes(free)} free", "Make room: optimised graphs and everything durable go there.")
            : Finding.Ok(check, $"{path}, {Terminal.Bytes(free)} free");
    }

    private static string Existing(string path) => Directory.Exists(path) ? path : Existing(Path.GetDirectoryName(path)!);
}
