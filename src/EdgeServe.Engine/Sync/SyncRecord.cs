using System.Buffers.Binary;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Sync;

/// <summary>What must outlive the outbox: an operator's hold, and when a collector last proved to be there. Written when the hold changes, and of contacts one an hour.</summary>
internal sealed class SyncRecord
{
    private const int Bytes = 1 + 8 + 8;
    private static readonly TimeSpan Often = TimeSpan.FromHours(1);
    private readonly Lock _gate = new();
    private readonly DoubledFile _file;
    private readonly DeviceClock _clock;
    private bool _held;
    private long _contactMs;
    private long _contactWallMs;
    private long _savedMs;

    /// <param name="directory"><c>device/</c> of the data directory.</param>
    /// <param name="clock">The box's.</param>
    public SyncRecord(string directory, DeviceClock clock)
    {
        (_file, _clock) = (new DoubledFile(Path.Combine(directory, "sync")), clock);
        if (_file.Read() is not { Length: Bytes } kept)
            return;
        _held = kept[0] == 1;
        _contactMs = _savedMs = BinaryPrimitives.ReadInt64LittleEndian(kept.AsSpan(1));
        _contactWallMs = BinaryPrimitives.ReadInt64LittleEndian(kept.AsSpan(9));
    }

    public bool Held
    {
        get
        {
            lock (_gate)
                return _held;
        }
    }

    /// <summary>Running time since the last contact, and when that was by the wall clock then; null: there was none.</summary>
    public (TimeSpan Ago, DateTimeOffset At)? LastContact
    {
        get
        {
            lock (_gate)
                return _contactMs == 0 ? null : (TimeSpan.FromMilliseconds(Math.Max(0, _clock.Now - _contactMs)), DateTimeOffset.FromUnixTimeMilliseconds(_contactWallMs));
        }
    }

    /// <exception cref="IOException">It would not outlive a restart.</exception>
    public void Hold(bool held)
    {
        lock (_gate)
        {
            if (_held == held)
                return;
            bool before = _held;
            _held = held;
            try
            {
                Save();
            }
            catch
            {
                _held = before;
                throw;
            }
        }
    }

    public void Contact()
    {
        lock (_gate)
        {
            bool first = _contactMs == 0;
            _contactMs = Math.Max(1, _clock.Now);
            _contactWallMs = _clock.Wall;
            if (first || _contactMs - _savedMs >= Often.TotalMilliseconds)
                TrySave();
        }
    }

    /// <summary>At the end of the service.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_contactMs != _savedMs)
                TrySave();
        }
    }

    private void TrySave()
    {
        try
        {
            Save();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is told of a contact an hour too old.
        }
    }

    private void Save()
    {
        Span<byte> content = stackalloc byte[Bytes];
        content[0] = _held ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64LittleEndian(content[1..], _contactMs);
        BinaryPrimitives.WriteInt64LittleEndian(content[9..], _contactWallMs);
        _file.Write(content);
        _savedMs = _contactMs;
    }
}
