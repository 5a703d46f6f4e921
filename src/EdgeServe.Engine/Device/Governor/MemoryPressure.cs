using System.Globalization;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Device.Governor;

/// <summary>Pressure stall information: how much of the last ten seconds went into waiting for memory, on the machine and in the service's own control group.</summary>
internal sealed class MemoryPressure(SystemFiles files, MachineMemory memory)
{
    public (double? Some, double? Full) Look()
    {
        var (some, full) = Read("/proc/pressure/memory");
        if (memory.ControlGroups is [var own, ..])
        {
            var (ownSome, ownFull) = Read(own + "/memory.pressure");
            some = new[] { some, ownSome }.Max();
            full = new[] { full, ownFull }.Max();
        }

        return (some, full);
    }

    private (double? Some, double? Full) Read(string path)
    {
        string? text = files.Text(path);
        return text is null ? default : (Average(text, "some "), Average(text, "full "));
    }

    private static double? Average(string text, string line)
    {
        const string name = "avg10=";
        string? found = text.Split('\n').FirstOrDefault(l => l.StartsWith(line, StringComparison.Ordinal))?.Split(' ').FirstOrDefault(f => f.StartsWith(name, StringComparison.Ordinal));
        return double.TryParse(found.AsSpan(found is null ? 0 : name.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double percent) ? percent : null;
    }
}
