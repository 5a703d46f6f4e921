namespace EdgeServe.Engine.Device.Governor;

/// <summary>One look at the device. Null: it does not say.</summary>
public sealed record DeviceReadings
{
    /// <summary>Percent of the last ten seconds in which somebody waited for memory (PSI <c>some avg10</c>), the machine's or the service's own, whichever is more.</summary>
    public double? MemoryWaits { get; init; }

    /// <summary>Percent of the last ten seconds in which all did (PSI <c>full avg10</c>).</summary>
    public double? MemoryStalls { get; init; }

    public long? MemoryAvailableBytes { get; init; }

    public long? MemoryTotalBytes { get; init; }

    /// <summary>The zone that is closest to its limit.</summary>
    public ThermalReading? Heat { get; init; }

    /// <summary>Why the hardware is slowed down.</summary>
    public string? Throttled { get; init; }

    public bool UnderVoltage { get; init; }

    public bool OnBattery { get; init; }

    /// <summary>What the battery holds.</summary>
    public int? BatteryPercent { get; init; }

    /// <summary>How much of its life the worst eMMC has used, by its own estimate, in tens.</summary>
    public int? DiskWearPercent { get; init; }

    public long? DiskFreeBytes { get; init; }

    /// <summary>What this process writes in a day, by what it wrote since it began; null in its first ten minutes.</summary>
    public long? WrittenBytesPerDay { get; init; }
}
