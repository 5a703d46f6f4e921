using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Device.Governor;

/// <summary>
/// Spares the device when it is hot, short of memory or short of power. 1 A look every few seconds -> 2 the ladder decides
/// -> 3 fewer runs at a time, idle models leave memory, background work waits -> 4 said once. An inference is never
/// refused for it: it takes longer.
/// </summary>
public sealed partial class DeviceGovernor(
    DeviceReader device, RunThrottle throttle, ModelCatalog catalog, GovernorOptions options, TimeProvider time, ILogger<DeviceGovernor> log) : BackgroundService
{
    private const int WornOut = 90;
    private static readonly TimeSpan IdleWhenCareful = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan IdleWhenProtective = TimeSpan.FromSeconds(5);
    private readonly int _calmLooks = Math.Max(1, (int)Math.Ceiling(options.Calm / options.Sample));
    private volatile GovernorState _state = GovernorState.Unseen;
    private volatile DeviceReadings _seen = new();
    private volatile int _background;
    private long _since = time.GetTimestamp();
    private long _spared;
    private bool _worn;

    /// <summary>What is asked of the device now.</summary>
    public GovernorState State => _state;

    /// <summary>The last look.</summary>
    public DeviceReadings Seen => _seen;

    /// <summary>How long the level has been what it is.</summary>
    public TimeSpan Since => time.GetElapsedTime(Interlocked.Read(ref _since));

    /// <summary>May jobs, the registry's poll and such go on?</summary>
    public BackgroundWork Background => (BackgroundWork)_background;

    /// <summary>May a look into the registry be taken? A stick and an operator are not kept waiting.</summary>
    public bool DefersUpdates => Background == BackgroundWork.Waits || Seen.DiskFreeBytes < options.ReserveBytes;

    /// <summary><see cref="Background"/> is another.</summary>
    public event Action? BackgroundChanged;

    /// <summary>Looks once and acts on it.</summary>
    internal void Look()
    {
        var before = _state;
        _seen = device.Look();
        var now = _state = GovernorLadder.Next(before, _seen, _calmLooks);
        throttle.Limit = Runs(now.Level);
        var memory = now[GovernorReason.Memory].Level;
        if (memory > GovernorLevel.Normal)
            catalog.EvictIdle(memory == GovernorLevel.Careful ? IdleWhenCareful : IdleWhenProtective);
        if (now.Level != before.Level)
            Interlocked.Exchange(ref _since, time.GetTimestamp());
        if (before.Level == GovernorLevel.Normal)
            _spared = time.GetTimestamp();
        Tell(before, now);
        Defer(now.Level);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Enabled)
            return;
        // The start has better things to do than to wait for files.
        await Task.Yield();
        using var timer = new PeriodicTimer(options.Sample, time);
        try
        {
            do
                Look();
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What runs may finish at full speed.
            throttle.Limit = 0;
        }
    }

    private static int Runs(GovernorLevel level) => level switch
    {
        GovernorLevel.Normal => 0,
        GovernorLevel.Careful => Math.Max(1, Environment.ProcessorCount / 2),
        _ => 1,
    };

    private void Defer(GovernorLevel level)
    {
        var work = level == GovernorLevel.Normal ? BackgroundWork.Runs
            : level == GovernorLevel.Careful && time.GetElapsedTime(_spared) >= options.Defer ? BackgroundWork.OneAtATime
            : BackgroundWork.Waits;
        if (work == Background)
            return;
        _background = (int)work;
        BackgroundChanged?.Invoke();
    }

    private void Tell(GovernorState before, GovernorState now)
    {
        if (!now.Reasons.SequenceEqual(before.Reasons) || now.Level != before.Level)
        {
            if (now.Level == GovernorLevel.Normal)
                Log.Normal(log);
            else
                Log.Spared(log, GovernorTexts.Name(now.Level), string.Join("; ", now.Reasons.Select(r => GovernorTexts.Seen(r, _seen))), string.Join(" ", now.Reasons.Select(GovernorTexts.Hint)));
        }

        if (!_worn && _seen.DiskWearPercent >= WornOut)
        {
            _worn = true;
            Log.Worn(log, _seen.DiskWearPercent.Value);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(8331, LogLevel.Warning, "The device is spared ({Level}): {Reasons}. {Hint}")]
        public static partial void Spared(ILogger logger, string level, string reasons, string hint);

        [LoggerMessage(8332, LogLevel.Information, "The device is no longer spared: everything runs")]
        public static partial void Normal(ILogger logger);

        [LoggerMessage(8333, LogLevel.Warning, "The flash memory says that {Percent} % of its life are used: replace it before it fails")]
        public static partial void Worn(ILogger logger, int percent);
    }
}
