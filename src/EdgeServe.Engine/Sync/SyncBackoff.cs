using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Sync;

/// <summary>
/// When one class, or the link, may be tried again: kept in the outbox over restarts, in the box's running time, so that
/// a fleet that reboots does not fall over a collector that struggles.
/// </summary>
internal sealed class SyncBackoff(TelemetryOutbox outbox, DeviceClock clock, string key, double place, TimeSpan first, TimeSpan longest)
{
    private const int MostDoublings = 12;

    /// <summary>A pause shorter than this is not worth a write to the card once it grows no longer.</summary>
    private static readonly TimeSpan Worth = TimeSpan.FromMinutes(10);

    private int _attempts;
    private long _notBefore;
    private bool _loaded;

    /// <summary>In vain, in a row.</summary>
    public int Attempts => _attempts;

    /// <summary>How long to wait still.</summary>
    /// <exception cref="StorageException">The outbox cannot be read now.</exception>
    public TimeSpan Left
    {
        get
        {
            Load();
            // No pause is longer than the longest a server may ask for, whatever a damaged clock or row says.
            return TimeSpan.FromMilliseconds(Math.Clamp(_notBefore - clock.Now, 0, RetryAfter.Longest.TotalMilliseconds * 2));
        }
    }

    /// <summary>Longer and longer; never sooner than the server asked for.</summary>
    public async Task FailedAsync(TimeSpan? retryAfter)
    {
        Load();
        var pause = TimeSpan.FromTicks(Math.Min(longest.Ticks, first.Ticks << _attempts));
        // Each box has a place of its own in the crowd, and a little chance besides.
        double jitter = 0.75 + (place * 0.25) + (Random.Shared.NextDouble() * 0.25);
        double milliseconds = Math.Max(pause.TotalMilliseconds * jitter, (retryAfter?.TotalMilliseconds * (1 + ((jitter - 0.75) / 4))) ?? 0);
        bool grows = pause < longest && _attempts < MostDoublings;
        _attempts = Math.Min(_attempts + 1, MostDoublings);
        _notBefore = clock.Now + (long)milliseconds;
        if (grows || milliseconds >= Worth.TotalMilliseconds)
            await outbox.PutRetryAsync(new OutboxRetry(key, _attempts, _notBefore, clock.BootId));
    }

    public async Task SucceededAsync()
    {
        Load();
        if (_attempts == 0)
            return;
        (_attempts, _notBefore) = (0, 0);
        await outbox.ClearRetryAsync(key);
    }

    /// <summary>A person asks: the pause ends, what it grows from stays.</summary>
    public void End()
    {
        Load();
        _notBefore = 0;
    }

    /// <summary>The network is another: the pause is no longer than this.</summary>
    public void Within(TimeSpan pause) => _notBefore = Math.Min(_notBefore, clock.Now + (long)pause.TotalMilliseconds);

    private void Load()
    {
        if (_loaded)
            return;
        if (outbox.Retry(key) is { } kept)
            (_attempts, _notBefore) = (Math.Clamp(kept.Attempts, 0, MostDoublings), kept.NotBeforeMs);
        _loaded = true;
    }
}
