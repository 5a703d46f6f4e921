using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Device.Governor;

/// <summary>The kernel's thermal zones. A zone's own trip points say where it is hot; without them the options do.</summary>
internal sealed class ThermalZones(SystemFiles files, GovernorOptions options)
{
    private const int LooksBetweenScans = 60;

    /// <summary>The kernel slows down at its passive trip point: the device is spared before that.</summary>
    private const double BeforePassive = 5;

    /// <summary>At a hot or critical one it may switch the machine off.</summary>
    private const double BeforeCritical = 10;

    /// <summary>What is below is no temperature at which a processor is hot, but a fan's step or a driver's dummy.</summary>
    private const double LowestTrip = 50;
    private const double HighestSensible = 150;

    /// <summary>Radios, and power chips that always report the same.</summary>
    private static readonly string[] Others = ["iwlwifi", "PMIC", "pmic", "battery", "charger"];
    private List<ThermalReading> _zones = [];
    private List<string> _paths = [];
    private int _looks;

    /// <returns>The zone that is closest to its limit, or furthest beyond it; null: there is none.</returns>
    public ThermalReading? Hottest()
    {
        if (_looks++ % LooksBetweenScans == 0)
            Scan();
        ThermalReading? hottest = null;
        for (int i = 0; i < _zones.Count; i++)
        {
            if (files.Number(_paths[i] + "/temp") / 1000.0 is not { } celsius || celsius is not (> 0 and < HighestSensible))
                continue;
            if (hottest is null || celsius - _zones[i].Careful > hottest.Celsius - hottest.Careful)
                hottest = _zones[i] with { Celsius = celsius };
        }

        return hottest;
    }

    private void Scan()
    {
        _paths = [.. files.Entries("/sys/class/thermal", "thermal_zone*").Where(p => !Others.Any(o => Type(p).StartsWith(o, StringComparison.Ordinal)))];
        _zones = [.. _paths.Select(Zone)];
    }

    private string Type(string path) => files.Text(path + "/type") ?? Path.GetFileName(path);

    private ThermalReading Zone(string path)
    {
        double? passive = Trip(path, "passive");
        double? critical = new[] { Trip(path, "hot"), Trip(path, "critical") }.Min();
        double protective = passive ?? Math.Min(options.ProtectiveCelsius, critical - BeforeCritical ?? double.MaxValue);
        double careful = passive - BeforePassive ?? Math.Min(options.CarefulCelsius, protective - BeforePassive);
        return new ThermalReading(Type(path), 0, careful, protective);
    }

    private double? Trip(string path, string type)
    {
        double? lowest = null;
        foreach (string entry in files.Entries(path, "trip_point_*_type"))
        {
            if (files.Text(entry) == type && files.Number(entry[..^"type".Length] + "temp") / 1000.0 is > LowestTrip and < HighestSensible and { } celsius)
                lowest = Math.Min(lowest ?? celsius, celsius);
        }

        return lowest;
    }
}
