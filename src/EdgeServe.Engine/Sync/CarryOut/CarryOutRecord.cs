using System.Buffers.Binary;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>When telemetry last left on a stick and when head office's word last came back on one, kept over restarts.</summary>
internal sealed class CarryOutRecord
{
    private const int Numbers = 8;
    private readonly Lock _gate = new();
    private readonly DoubledFile _file;
    private readonly DeviceClock _clock;
    private readonly long[] _kept = new long[Numbers];

    /// <param name="directory"><c>device/</c> of the data directory.</param>
    /// <param name="clock">The box's.</param>
    public CarryOutRecord(string directory, DeviceClock clock)
    {
        (_file, _clock) = (new DoubledFile(Path.Combine(directory, "carry-out")), clock);
        if (_file.Read() is not { Length: Numbers * sizeof(long) } kept)
            return;
        for (int i = 0; i < Numbers; i++)
            _kept[i] = BinaryPrimitives.ReadInt64LittleEndian(kept.AsSpan(i * sizeof(long)));
    }

    /// <summary>The last stick that left with something; null: there was none.</summary>
    public (TimeSpan Ago, DateTimeOffset At, long Batches, long Bytes, long Left)? Carried
    {
        get
        {
            lock (_gate)
                return _kept[0] == 0 ? null : (Ago(_kept[0]), At(_kept[1]), _kept[2], _kept[3], _kept[4]);
        }
    }

    /// <summary>The last acknowledgement that let something go; null: there was none.</summary>
    public (TimeSpan Ago, DateTimeOffset At, long Batches)? Acknowledged
    {
        get
        {
            lock (_gate)
                return _kept[5] == 0 ? null : (Ago(_kept[5]), At(_kept[6]), _kept[7]);
        }
    }

    public void Note(CarryOutResult result)
    {
        lock (_gate)
        {
            if (result.NewBatches > 0)
                (_kept[0], _kept[1], _kept[2], _kept[3], _kept[4]) = (Math.Max(1, _clock.Now), _clock.Wall, result.Batches, result.Bytes, result.Left);
            if (result.Acknowledged > 0)
                (_kept[5], _kept[6], _kept[7]) = (Math.Max(1, _clock.Now), _clock.Wall, result.Acknowledged);
            if (result.NewBatches > 0 || result.Acknowledged > 0)
                TrySave();
        }
    }

    private TimeSpan Ago(long ms) => TimeSpan.FromMilliseconds(Math.Max(0, _clock.Now - ms));

    private static DateTimeOffset At(long wallMs) => DateTimeOffset.FromUnixTimeMilliseconds(wallMs);

    private void TrySave()
    {
        Span<byte> content = stackalloc byte[Numbers * sizeof(long)];
        for (int i = 0; i < Numbers; i++)
            BinaryPrimitives.WriteInt64LittleEndian(content[(i * sizeof(long))..], _kept[i]);
        try
        {
            _file.Write(content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is told until the next start.
        }
    }
}
