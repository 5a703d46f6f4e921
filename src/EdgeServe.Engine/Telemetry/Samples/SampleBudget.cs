using System.Buffers.Binary;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Telemetry.Samples;

/// <summary>How many samples a day of the device's running time may have. A restart does not begin a new day.</summary>
internal sealed class SampleBudget
{
    private const long Day = 24 * 60 * 60 * 1000L;
    private const int StateBytes = 16;
    private readonly Lock _gate = new();
    private readonly Func<long> _runningTime;
    private readonly DoubledFile _file;
    private readonly int _perDay;
    private long _began = -1;
    private long _taken;

    /// <param name="runningTime">Milliseconds the device has been running, over all boots.</param>
    /// <param name="file">Keeps the day.</param>
    /// <param name="perDay">Most samples.</param>
    public SampleBudget(Func<long> runningTime, DoubledFile file, int perDay)
    {
        (_runningTime, _file, _perDay) = (runningTime, file, perDay);
        try
        {
            if (file.Read() is { Length: StateBytes } state)
                (_began, _taken) = (BinaryPrimitives.ReadInt64LittleEndian(state), BinaryPrimitives.ReadInt64LittleEndian(state.AsSpan(8)));
        }
        catch (UnauthorizedAccessException)
        {
            // A day begins now; that the next is not kept either is said when it is to be written.
        }
    }

    public long Left
    {
        get
        {
            lock (_gate)
            {
                Turn();
                return Math.Max(0, _perDay - _taken);
            }
        }
    }

    public bool TryTake()
    {
        lock (_gate)
        {
            Turn();
            if (_taken >= _perDay)
                return false;
            _taken++;
            return true;
        }
    }

    /// <summary>Keeps what was taken for the next start.</summary>
    /// <exception cref="IOException">It is not kept.</exception>
    public void Save()
    {
        byte[] state = new byte[StateBytes];
        lock (_gate)
        {
            BinaryPrimitives.WriteInt64LittleEndian(state, _began);
            BinaryPrimitives.WriteInt64LittleEndian(state.AsSpan(8), _taken);
        }

        _file.Write(state);
    }

    private void Turn()
    {
        long now = _runningTime();
        if (_began >= 0 && now >= _began && now - _began < Day)
            return;
        (_began, _taken) = (now, 0);
    }
}
