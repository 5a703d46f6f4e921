using System.Buffers.Binary;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Updates;

/// <summary>
/// When the registry may be asked again, after failures and over restarts: a server that struggles is not asked by every
/// device that reboots. In the box's running time.
/// </summary>
internal sealed class PollBackoff
{
    private const int StateBytes = 4 + 8;
    private const int MostDoublings = 12;
    private static readonly TimeSpan First = TimeSpan.FromMinutes(1);
    private readonly DoubledFile _file;
    private readonly DeviceClock _clock;
    private readonly TimeSpan _longest;
    private int _failures;
    private long _notBefore;

    /// <param name="directory"><c>device/</c> of the data directory.</param>
    /// <param name="clock">The box's running time.</param>
    /// <param name="longest">No pause is longer.</param>
    public PollBackoff(string directory, DeviceClock clock, TimeSpan longest)
    {
        _file = new DoubledFile(Path.Combine(directory, "poll"));
        _clock = clock;
        _longest = longest;
        try
        {
            if (_file.Read() is { Length: StateBytes } state)
            {
                _failures = Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(state), 0, MostDoublings);
                _notBefore = BinaryPrimitives.ReadInt64LittleEndian(state.AsSpan(4));
            }
        }
        catch (IOException)
        {
            // It begins anew.
        }
    }

    /// <summary>How long to wait still.</summary>
    public TimeSpan Left => TimeSpan.FromMilliseconds(Math.Clamp(_notBefore - _clock.Now, 0, _longest.TotalMilliseconds * 1.1));

    /// <summary>It went well, or there is nothing the registry could do about it.</summary>
    public void Succeeded(double jitter)
    {
        bool failing = _failures > 0;
        _failures = 0;
        _notBefore = _clock.Now + (long)(_longest.TotalMilliseconds * jitter);
        // A card has only so many writes: what a restart forgets here is one early question.
        if (failing)
            Save(0);
    }

    public void Failed(double jitter)
    {
        var pause = TimeSpan.FromTicks(Math.Min(_longest.Ticks, First.Ticks << _failures));
        _failures = Math.Min(_failures + 1, MostDoublings);
        _notBefore = _clock.Now + (long)(pause.TotalMilliseconds * jitter);
        Save(_notBefore);
    }

    private void Save(long notBefore)
    {
        Span<byte> state = stackalloc byte[StateBytes];
        BinaryPrimitives.WriteInt32LittleEndian(state, _failures);
        BinaryPrimitives.WriteInt64LittleEndian(state[4..], notBefore);
        try
        {
            _file.Write(state);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Holds for this process.
        }
    }
}
