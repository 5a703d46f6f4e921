using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Updates.Enrolment;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>
/// Watches the media folder and carries each medium through: found, enrolment, verified, offered, reported. Looking goes on
/// while one is copied, so that a stick pulled too early is noticed; media are offered one after the other, those that
/// were there together by release, the highest first: the others are then older and nothing is copied twice.
/// </summary>
internal sealed partial class MediaWatcher(StickOptions options, DeviceEnrolment enrolment, StickVisit visit, TimeProvider time, ILogger<MediaWatcher> log) : BackgroundService
{
    // A mount, its folders and its files appear one after the other.
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LookWithoutSignals = TimeSpan.FromSeconds(5);
    private readonly Dictionary<string, PluggedMedium> _media = [];
    private readonly HashSet<string> _complained = [];
    private readonly ChangeSignal _signal = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly StickEject _eject = new(options.HelperSocket, time);
    private volatile MediumState[] _states = [];
    private volatile bool _again;

    /// <summary>Something about <see cref="Media"/> changed. Raised on any thread.</summary>
    public event Action? Changed;

    /// <summary>What is plugged in, by name.</summary>
    public IReadOnlyList<MediumState> Media => _states;

    /// <summary>Takes every medium that was done with up again: the box follows another channel, or takes updates again.</summary>
    public void LookAgain()
    {
        _again = true;
        _signal.Set();
    }

    /// <summary>Makes everything that is plugged in safe to pull: what still copies stops, what is being written is written to its end.</summary>
    /// <returns>Names of the media that may be pulled now, and why the others may not.</returns>
    public async Task<(IReadOnlyList<string> Ejected, IReadOnlyList<string> Problems)> EjectAsync(CancellationToken cancellation)
    {
        PluggedMedium[] media;
        lock (_media)
            media = [.. _media.Values];
        var results = await Task.WhenAll(media.Select(m => _eject.RunAsync(m, cancellation)));
        var problems = results.Zip(media).Where(r => r.First is not null).Select(r => $"{r.Second.State.Name}: {r.First}").ToArray();
        foreach (string problem in problems)
            Log.NotEjected(log, problem);
        string[] ejected = [.. results.Zip(media).Where(r => r.First is null).Select(r => r.Second.State.Name)];
        foreach (string name in ejected)
            Log.Ejected(log, name);
        _signal.Set();
        return (ejected, problems);
    }

    public override void Dispose()
    {
        _signal.Dispose();
        _work.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.MediaDirectory.Length == 0 || !OperatingSystem.IsLinux())
            return;
        enrolment.Changed += LookAgain;
        try
        {
            // Off the thread that starts the host: a slow stick must not hold up serving.
            await Task.WhenAll(Task.Run(() => LookAsync(stoppingToken), stoppingToken), Task.Run(() => WorkAsync(stoppingToken), stoppingToken));
        }
        finally
        {
            enrolment.Changed -= LookAgain;
        }
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        while (true)
        {
            // Watch first, look second: what comes in between is seen twice rather than never.
            _signal.Watch(WatchPlaces.For(options.MediaDirectory));
            Look(Medium.In(options.MediaDirectory, Complain));
            if (_signal.IsListening)
                await _signal.WaitAsync(stopping);
            else
                await Task.Delay(LookWithoutSignals, time, stopping);
            await Task.Delay(Settle, time, stopping);
        }
    }

    private void Look(List<Medium> present)
    {
        int waiting;
        var left = new List<PluggedMedium>();
        lock (_media)
        {
            bool again = _again;
            _again = false;
            foreach (var gone in _media.Values.Where(m => present.TrueForAll(p => p.Path != m.Medium.Path || p.Root != m.Medium.Root)).ToArray())
            {
                _media.Remove(gone.Medium.Path);
                left.Add(gone);
                Log.Gone(log, gone.Medium.Name);
            }

            foreach (var medium in present)
            {
                bool known = _media.TryGetValue(medium.Path, out var plugged);
                if (known && (plugged!.IsBusy || plugged.IsLeaving || (plugged.Medium == medium && !(again && medium.IsOurs))))
                    continue;
                if (known)
                    left.Add(plugged!);
                _media[medium.Path] = new PluggedMedium(medium, Publish);
                if (known)
                    continue;
                if (medium.IsOurs)
                    Log.Found(log, medium.Name);
                else
                    Log.Foreign(log, medium.Name);
            }

            waiting = _media.Values.Count(m => m.State.Phase == MediumPhase.Waiting);
        }

        // Not under the lock: what waits for it goes on here.
        left.ForEach(m => m.Gone());
        Publish();
        if (waiting > 0 && _work.CurrentCount == 0)
            _work.Release();
    }

    private async Task WorkAsync(CancellationToken stopping)
    {
        while (true)
        {
            await _work.WaitAsync(stopping);
            while (Waiting() is { Length: > 0 } waiting)
            {
                foreach (var medium in waiting)
                    await visit.VerifyAsync(medium, stopping);
                foreach (var medium in waiting.OrderByDescending(m => m.State.Release))
                    await visit.CompleteAsync(medium, stopping);
                // What changed on a medium while it was busy is looked at now.
                _signal.Set();
            }
        }
    }

    private PluggedMedium[] Waiting()
    {
        lock (_media)
            return [.. _media.Values.Where(m => m.State.Phase == MediumPhase.Waiting)];
    }

    private void Publish()
    {
        lock (_media)
            _states = [.. _media.Values.Select(m => m.State).OrderBy(s => s.Name, StringComparer.Ordinal)];
        Changed?.Invoke();
    }

    private void Complain(string path, string reason)
    {
        if (_complained.Count < 1000 && _complained.Add(path + reason))
            Log.Unreadable(log, Medium.Readable(Path.GetFileName(path)), reason);
    }

    private static partial class Log
    {
        [LoggerMessage(6201, LogLevel.Information, "Medium {Name} is plugged in")]
        public static partial void Found(ILogger logger, string name);

        [LoggerMessage(6202, LogLevel.Information, "Medium {Name} has no edgeserve folder and is left alone")]
        public static partial void Foreign(ILogger logger, string name);

        [LoggerMessage(6203, LogLevel.Information, "Medium {Name} is gone")]
        public static partial void Gone(ILogger logger, string name);

        [LoggerMessage(6204, LogLevel.Warning, "Medium {Name} cannot be read: {Reason}")]
        public static partial void Unreadable(ILogger logger, string name, string reason);

        [LoggerMessage(8310, LogLevel.Information, "Medium {Name} may be pulled: it was asked back")]
        public static partial void Ejected(ILogger logger, string name);

        [LoggerMessage(8311, LogLevel.Warning, "A medium was asked back and may not be safe to pull: {Problem}")]
        public static partial void NotEjected(ILogger logger, string problem);
    }
}
