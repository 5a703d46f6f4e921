using EdgeServe.Http.Sync;
using EdgeServe.Http.Updates;

namespace EdgeServe.Http.Operator;

/// <param name="Part">What is degraded.</param>
/// <param name="Code">Of the error that requests to it get.</param>
/// <param name="Reason">Why.</param>
/// <param name="Hint">What to do.</param>
internal sealed record ProblemBody(string Part, string Code, string Reason, string? Hint);

/// <param name="Checked">The database was read through since the start.</param>
/// <param name="LogMissing">The write-ahead log was gone at the start: jobs accepted shortly before the last stop may be lost, and nobody can name them.</param>
internal sealed record JobCountsBody(
    long Queued, long Running, long Succeeded, long Failed, long Cancelled, long Expired, long LostToDamage, long Bytes, long MaxBytes, int MaxPending, int MaxFinished, bool Checked, bool LogMissing);

internal sealed record DiskBody(long FreeBytes, long ReserveBytes);

internal sealed record ClockBody(string Quality, long RunningMs);

/// <summary>Whose updates the box takes.</summary>
internal sealed record FollowsBody(string Channel, string DeviceClass, string? Registry);

/// <summary>One reason why the device is spared.</summary>
/// <param name="Reason">memory, temperature, throttled, under_voltage or battery.</param>
/// <param name="Level">What it asks for.</param>
/// <param name="Seen">What was seen.</param>
/// <param name="Hint">What to do.</param>
internal sealed record SparedBody(string Reason, string Level, string Seen, string Hint);

/// <summary>How far the device has to be spared, and what was seen last. What it does not tell is absent.</summary>
/// <param name="Level">normal, careful or protective; off when it is not watched.</param>
/// <param name="Reasons">Why; empty when all is well.</param>
/// <param name="SinceMs">How long the level has been that.</param>
/// <param name="Background">Whether jobs and looks into the registry go on: runs, one_at_a_time or waits.</param>
/// <param name="RunsAtATime">Of all models; absent: no limit.</param>
/// <param name="DiskWearPercent">Of its life that the eMMC has used, by its own estimate.</param>
/// <param name="WrittenBytesPerDay">By what the service wrote since it began; absent in its first ten minutes.</param>
internal sealed record GovernorBody(
    string Level, SparedBody[] Reasons, long SinceMs, string Background, int? RunsAtATime, double? Celsius, string? Zone,
    long? MemoryAvailableBytes, long? MemoryTotalBytes, double? MemoryWaitPercent, bool UnderVoltage, bool OnBattery, int? BatteryPercent, int? DiskWearPercent, long? WrittenBytesPerDay);

/// <summary>Lights and button.</summary>
/// <param name="Shows">What the lights say; absent: there are none.</param>
/// <param name="By">Through what.</param>
/// <param name="Button">Is there one?</param>
internal sealed record LightsBody(string? Shows, string By, bool Button);

/// <param name="State">ok or degraded.</param>
/// <param name="Lights">Absent: nothing is wired, or nothing that works.</param>
/// <param name="Follows">Absent: it belongs to no fleet.</param>
internal sealed record StatusBody(
    string State, string Name, string Version, string? Device, bool Ready, ClockBody Clock, JobCountsBody Jobs, DiskBody Disk, GovernorBody Governor, FollowsBody? Follows, UpdatesStatusBody? Updates, SyncStatusBody Sync, LightsBody? Lights, ProblemBody[] Problems);

/// <summary>What may be asked of <c>POST /edge/v1/device/clock</c>.</summary>
/// <param name="Time">RFC 3339, with a zone.</param>
internal sealed record NewClockBody(string? Time);

/// <param name="Before">What the clock showed.</param>
/// <param name="Now">What it shows.</param>
/// <param name="Quality">How far it can be believed.</param>
internal sealed record SetClockBody(string Before, string Now, string Quality);
