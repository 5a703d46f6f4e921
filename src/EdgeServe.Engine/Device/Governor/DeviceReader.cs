using EdgeServe.Engine.Models;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Device.Governor;

/// <summary>Takes one look at the device: some dozen small files, no more.</summary>
public sealed class DeviceReader
{
    private readonly MachineMemory _memory;
    private readonly MemoryPressure _pressure;
    private readonly ThermalZones _zones;
    private readonly Throttling _throttling;
    private readonly PowerSupplies _power;
    private readonly DiskWear _wear;
    private readonly DiskSpace _space;

    /// <param name="files">The system's.</param>
    /// <param name="memory">What there is of it.</param>
    /// <param name="options">Limits of zones that have none.</param>
    /// <param name="directory">Whose disk's room counts.</param>
    /// <param name="time">Monotonic.</param>
    public DeviceReader(SystemFiles files, MachineMemory memory, GovernorOptions options, string directory, TimeProvider time)
    {
        _memory = memory;
        _pressure = new MemoryPressure(files, memory);
        _zones = new ThermalZones(files, options);
        _throttling = new Throttling(files, time);
        _power = new PowerSupplies(files);
        _wear = new DiskWear(files, time);
        _space = new DiskSpace(directory, 0, time);
    }

    public DeviceReadings Look()
    {
        var (available, total, _) = _memory.Look();
        var (some, full) = _pressure.Look();
        var (throttled, weak) = _throttling.Look();
        var (onBattery, percent) = _power.Look();
        return new DeviceReadings
        {
            MemoryWaits = some,
            MemoryStalls = full,
            MemoryAvailableBytes = available == long.MaxValue ? null : available,
            MemoryTotalBytes = total == long.MaxValue ? null : total,
            Heat = _zones.Hottest(),
            Throttled = throttled,
            UnderVoltage = weak,
            OnBattery = onBattery,
            BatteryPercent = percent,
            DiskWearPercent = _wear.Percent(),
            DiskFreeBytes = _space.FreeBytes,
            WrittenBytesPerDay = _wear.WrittenPerDay(),
        };
    }
}
