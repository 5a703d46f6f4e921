namespace EdgeServe.AcceptanceTests.Device;

/// <summary>A folder with the /proc and /sys of a board, for the real program to look at.</summary>
internal sealed class Board : IDisposable
{
    private const string Zone = "sys/class/thermal/thermal_zone0";

    public Board() => Set(Zone + "/type", "cpu-thermal").Heat(45);

    public string Path { get; } = Directory.CreateTempSubdirectory("edgeserve-board-").FullName;

    /// <summary>Looks every second, calm after two.</summary>
    public Dictionary<string, string?> Settings => new()
    {
        ["EDGESERVE__Governor__SystemRoot"] = Path,
        ["EDGESERVE__Governor__SampleSeconds"] = "1",
        ["EDGESERVE__Governor__CalmSeconds"] = "2",
    };

    public Board Heat(int celsius) => Set(Zone + "/temp", $"{celsius}000");

    public Board Set(string file, string text)
    {
        string path = System.IO.Path.Combine(Path, file);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        // As the kernel does: a reader sees the old text or the new.
        File.WriteAllText(path + "~", text + "\n");
        File.Move(path + "~", path, overwrite: true);
        return this;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
