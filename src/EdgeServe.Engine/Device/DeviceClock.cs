using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Device;

/// <summary>
/// The box's own time: milliseconds it has been running, over all boots. It only rises, whatever the wall clock does, and
/// stands still while the power is off. Deadlines, back-off and retention count in it. Within one boot it goes on over
/// restarts of the process, by the kernel's own monotonic clock.
/// </summary>
public sealed partial class DeviceClock
{
    private const int ErrorState = 5; // TIME_ERROR: unsynchronised
    private const int StateBytes = 8 + 8 + 8 + 36;
    private const int RealTime = 0; // CLOCK_REALTIME
    private const long NanosecondsPerMillisecond = 1_000_000;
    private const long KernelAnswerMs = 200;
    private const long Never = long.MinValue / 2;

    /// <summary>No true time is earlier.</summary>
    public static readonly DateTimeOffset ProgramMade = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan SetBackTolerance = TimeSpan.FromMinutes(2);
    private static long _askedKernel = Never;
    private static bool _kernelSaid;
    private readonly TimeProvider _time;
    private readonly DoubledFile? _file;
    private readonly string _bootId;
    private readonly Func<bool> _disciplined;
    private readonly long _startUptime;
    private readonly long _startTimestamp;
    private readonly Func<DateTimeOffset, bool> _set;
    private long _base;
    private long _latestSeen;

    /// <param name="time">The process's clocks.</param>
    /// <param name="directory">Where the clock is kept over restarts; null: nowhere.</param>
    /// <param name="bootId">This boot's id.</param>
    /// <param name="uptime">Time since boot.</param>
    /// <param name="disciplined">Does a time source keep the wall clock? Null: nobody knows of one.</param>
    /// <param name="set">Sets the wall clock; false: it may not. Null: nobody may.</param>
    public DeviceClock(TimeProvider time, string? directory, string bootId, TimeSpan uptime, Func<bool>? disciplined = null, Func<DateTimeOffset, bool>? set = null)
    {
        _set = set ?? (static _ => false);
        _disciplined = disciplined ?? (static () => false);
        _time = time;
        _bootId = bootId;
        _startTimestamp = time.GetTimestamp();
        _startUptime = (long)uptime.TotalMilliseconds;
        _file = directory is null ? null : new DoubledFile(Path.Combine(directory, "clock"));
        if (ReadState() is not { } state)
            return;
        bool sameBoot = state.BootId == bootId && state.Uptime <= _startUptime;
        _base = state.Milliseconds + (sameBoot ? _startUptime - state.Uptime : 0);
        _latestSeen = state.LatestSeen;
    }

    /// <summary>This boot's id, as the kernel names it; empty where it does not.</summary>
    public string BootId => _bootId;

    /// <summary>Milliseconds of running time.</summary>
    public long Now => Volatile.Read(ref _base) + Elapsed;

    /// <summary>Milliseconds since 1970 by the wall clock, for people to read.</summary>
    public long Wall => _time.GetUtcNow().ToUnixTimeMilliseconds();

    public ClockQuality Quality
    {
        get
        {
            var now = _time.GetUtcNow();
            if (now < ProgramMade)
                return ClockQuality.Unset;
            // What a time source says is right, even if the clock once showed a later time by mistake.
            if (_disciplined())
                return ClockQuality.Synchronized;
            if (now.ToUnixTimeMilliseconds() < Volatile.Read(ref _latestSeen) - SetBackTolerance.TotalMilliseconds)
                return ClockQuality.SetBack;
            return ClockQuality.Free;
        }
    }

    private long Elapsed => (long)_time.GetElapsedTime(_startTimestamp).TotalMilliseconds;

    /// <summary>The clock of this machine, kept in a data directory.</summary>
    public static DeviceClock Of(TimeProvider time, string? directory)
    {
        const string bootFile = "/proc/sys/kernel/random/boot_id";
        const string uptimeFile = "/proc/uptime";
        string boot = File.Exists(bootFile) ? File.ReadAllText(bootFile).Trim() : "";
        double seconds = File.Exists(uptimeFile) ? double.Parse(File.ReadAllText(uptimeFile).Split(' ')[0], CultureInfo.InvariantCulture) : 0;
        return new DeviceClock(time, directory, boot, TimeSpan.FromSeconds(seconds), IsDisciplined, SetRealTime);
    }

    /// <summary>Rows on the disk may know of a later time than the last saved one: the clock goes on from there.</summary>
    public void AtLeast(long milliseconds)
    {
        long behind = milliseconds - Now;
        if (behind > 0)
            Interlocked.Add(ref _base, behind);
    }

    /// <summary>Sets the wall clock by somebody's word: the latest time that was seen before counts no longer. Running time does not notice.</summary>
    /// <returns>False: this process may not.</returns>
    public bool TrySet(DateTimeOffset time)
    {
        if (!_set(time))
            return false;
        Volatile.Write(ref _latestSeen, time.ToUnixTimeMilliseconds());
        Save();
        return true;
    }

    /// <summary>Keeps the time for the next start.</summary>
    public void Save()
    {
        if (_file is null)
            return;
        Span<byte> state = stackalloc byte[StateBytes];
        BinaryPrimitives.WriteInt64LittleEndian(state, Now);
        BinaryPrimitives.WriteInt64LittleEndian(state[8..], _startUptime + Elapsed);
        BinaryPrimitives.WriteInt64LittleEndian(state[16..], LatestSeen());
        System.Text.Encoding.ASCII.GetBytes(_bootId.PadRight(36).AsSpan(0, 36), state[24..]);
        _file.Write(state);
    }

    private long LatestSeen() => Quality switch
    {
        ClockQuality.Unset => _latestSeen,
        ClockQuality.Synchronized => Wall,
        _ => Math.Max(_latestSeen, Wall),
    };

    private (long Milliseconds, long Uptime, long LatestSeen, string BootId)? ReadState() => _file?.Read() is { Length: StateBytes } state
        ? (BinaryPrimitives.ReadInt64LittleEndian(state), BinaryPrimitives.ReadInt64LittleEndian(state.AsSpan(8)),
            BinaryPrimitives.ReadInt64LittleEndian(state.AsSpan(16)), System.Text.Encoding.ASCII.GetString(state, 24, 36).Trim())
        : null;

    private static bool IsDisciplined()
    {
        if (!OperatingSystem.IsLinux())
            return false;
        // Every job asks: the kernel is asked a few times a second.
        long now = Environment.TickCount64;
        if (now - Volatile.Read(ref _askedKernel) < KernelAnswerMs)
            return Volatile.Read(ref _kernelSaid);
        // struct timex is 208 bytes on 64-bit Linux; modes = 0 only asks.
        Span<byte> timex = stackalloc byte[256];
        timex.Clear();
        bool disciplined = AdjTimeX(ref MemoryMarshal.GetReference(timex)) is >= 0 and not ErrorState;
        Volatile.Write(ref _kernelSaid, disciplined);
        Volatile.Write(ref _askedKernel, now);
        return disciplined;
    }

    private static bool SetRealTime(DateTimeOffset time)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        // struct timespec on 64-bit Linux: seconds, nanoseconds.
        long milliseconds = time.ToUnixTimeMilliseconds();
        Span<long> value = [milliseconds / 1000, milliseconds % 1000 * NanosecondsPerMillisecond];
        bool done = ClockSetTime(RealTime, ref MemoryMarshal.GetReference(value)) == 0;
        Volatile.Write(ref _askedKernel, Never);
        return done;
    }

    [LibraryImport("libc", EntryPoint = "clock_settime")]
    private static partial int ClockSetTime(int clock, ref long time);

    [LibraryImport("libc", EntryPoint = "adjtimex")]
    private static partial int AdjTimeX(ref byte timex);
}
