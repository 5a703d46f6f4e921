using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Device;

/// <summary>
/// Sets the machine's clock by a person's word, within bounds: never earlier than what is known for certain, not absurdly
/// late, never against a time source. Whoever is wrong here can only be wrong within those bounds, and nothing that
/// counts running time (deadlines, keys, retention) notices.
/// </summary>
public sealed partial class ClockSetter(DeviceClock clock, Func<DateTimeOffset?> signedTime, ILogger<ClockSetter> log)
{
    /// <summary>The life of a box, after the latest time that is known for certain.</summary>
    public const int MostYearsAhead = 20;

    /// <param name="time">What it is said to be.</param>
    /// <param name="by">Who says so.</param>
    /// <returns>What the clock showed before.</returns>
    /// <exception cref="ClockException">It stays as it is.</exception>
    public DateTimeOffset Set(DateTimeOffset time, string by)
    {
        var earliest = signedTime() is { } signed && signed > DeviceClock.ProgramMade ? signed : DeviceClock.ProgramMade;
        if (time < earliest)
            throw new ClockException(ClockError.Implausible, $"it is later than {time:yyyy-MM-dd HH:mm:ss} UTC: this box has seen something that was made or signed at {earliest:yyyy-MM-dd HH:mm:ss} UTC", "Look at the clock of the tablet.");
        if (time > earliest.AddYears(MostYearsAhead))
            throw new ClockException(ClockError.Implausible, $"{time:yyyy-MM-dd} is more than {MostYearsAhead} years after the latest time this box is sure of", "Look at the clock of the tablet.");
        if (clock.Quality == ClockQuality.Synchronized)
            throw new ClockException(ClockError.BetterSource, "a time source keeps the clock of this box", "Nothing is to be done; if that time is wrong, mend the source.");
        var before = DateTimeOffset.FromUnixTimeMilliseconds(clock.Wall);
        if (!clock.TrySet(time))
            throw new ClockException(ClockError.NotPermitted, "the service may not set the clock of this machine", "Give it CAP_SYS_TIME (AmbientCapabilities= in its systemd unit), or set the clock as root: date -s. Jobs, keys and updates do not need it.");
        Log.Set(log, before, time, by);
        return before;
    }

    private static partial class Log
    {
        [LoggerMessage(8110, LogLevel.Warning, "The clock was set from {Before:yyyy-MM-ddTHH:mm:ssZ} to {After:yyyy-MM-ddTHH:mm:ssZ} by {By}")]
        public static partial void Set(ILogger logger, DateTimeOffset before, DateTimeOffset after, string by);
    }
}
