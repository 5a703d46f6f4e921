using System.Buffers.Binary;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Bundles.Registry;

/// <summary>
/// What a metered link may carry: bytes a second, and bytes a day of the device's running time, which no wall clock
/// shortens. The day is kept over restarts. One for all that use the link.
/// </summary>
/// <param name="time">Paces.</param>
/// <param name="runningTime">Milliseconds the device has been running, over all boots.</param>
/// <param name="file">Keeps the day; null: nowhere.</param>
/// <param name="bytesPerSecond">0: as fast as it goes.</param>
/// <param name="bytesPerDay">0: as much as it takes.</param>
public sealed class LinkBudget(TimeProvider time, Func<long> runningTime, DoubledFile? file, long bytesPerSecond, long bytesPerDay)
{
    private const long Day = 24 * 60 * 60 * 1000L;

    /// <summary>Counted on the disk in steps of this: what a kill forgets, and what a day costs in writes.</summary>
    private const long SaveBytes = 1 << 20;

    private readonly Lock _gate = new();
    private long _began = -1;
    private long _spent;
    private long _saved;
    private long _free;

    /// <summary>Nothing is limited or counted.</summary>
    public static LinkBudget Unlimited { get; } = new(TimeProvider.System, () => 0, null, 0, 0);

    /// <summary>Bytes that are left of this day.</summary>
    public long Left
    {
        get
        {
            lock (_gate)
            {
                Turn();
                return bytesPerDay == 0 ? long.MaxValue : Math.Max(0, bytesPerDay - _spent);
            }
        }
    }

    /// <exception cref="BundleException"><see cref="BundleError.BudgetSpent"/>.</exception>
    public void Require()
    {
        if (Left == 0)
            throw new BundleException(BundleError.BudgetSpent, $"the {bytesPerDay} bytes this link may carry a day are used up", "What came is kept and goes on tomorrow; a stick needs no link.");
    }

    /// <summary>Counts bytes that have come, and waits as long as they should have taken.</summary>
    public async ValueTask SpendAsync(long bytes, CancellationToken cancellation)
    {
        if (bytesPerDay > 0)
            Count(bytes);
        if (bytesPerSecond == 0)
            return;
        TimeSpan wait;
        lock (_gate)
        {
            long now = time.GetTimestamp();
            _free = Math.Max(_free, now) + (long)(bytes * (double)time.TimestampFrequency / bytesPerSecond);
            wait = time.GetElapsedTime(now, _free);
        }

        await Task.Delay(wait, time, cancellation);
    }

    /// <summary>Keeps the count for the next start.</summary>
    public void Save()
    {
        lock (_gate)
            SaveNow();
    }

    private void Count(long bytes)
    {
        lock (_gate)
        {
            Turn();
            _spent += bytes;
            if (_spent - _saved >= SaveBytes || _spent >= bytesPerDay)
                SaveNow();
        }
    }

    private void Turn()
    {
        if (_began < 0)
        {
            if (file?.Read() is { Length: 16 } state)
                (_began, _spent) = (BinaryPrimitives.ReadInt64LittleEndian(state), BinaryPrimitives.ReadInt64LittleEndian(state.AsSpan(8)));
            else
                _began = runningTime();
            _saved = _spent;
        }

        long now = runningTime();
        if (now - _began < Day && now >= _began)
            return;
        (_began, _spent, _saved) = (now, 0, 0);
    }

    private void SaveNow()
    {
        if (file is null || _began < 0 || _spent == _saved)
            return;
        Span<byte> state = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(state, _began);
        BinaryPrimitives.WriteInt64LittleEndian(state[8..], _spent);
        file.Write(state);
        _saved = _spent;
    }
}
