using System.Globalization;

namespace EdgeServe.Tests.Engine.Device.Governor;

/// <summary>A folder with the /proc and /sys of a board.</summary>
internal sealed class BoardTree : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("edgeserve-board-").FullName;

    public BoardTree Set(string file, string text)
    {
        string path = System.IO.Path.Join(Path, file);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text + "\n");
        return this;
    }

    /// <param name="available">MiB.</param>
    /// <param name="total">MiB.</param>
    public BoardTree Memory(long available, long total) => Set("/proc/meminfo", string.Create(CultureInfo.InvariantCulture, $"MemTotal:       {total << 10} kB\nMemFree:        1 kB\nMemAvailable:   {available << 10} kB"));

    public BoardTree Zone(int number, string type, double celsius, params (string Type, int Celsius)[] trips)
    {
        string zone = $"/sys/class/thermal/thermal_zone{number}";
        Set(zone + "/type", type).Set(zone + "/temp", ((int)(celsius * 1000)).ToString(CultureInfo.InvariantCulture));
        for (int i = 0; i < trips.Length; i++)
            Set($"{zone}/trip_point_{i}_type", trips[i].Type).Set($"{zone}/trip_point_{i}_temp", (trips[i].Celsius * 1000).ToString(CultureInfo.InvariantCulture));
        return this;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
