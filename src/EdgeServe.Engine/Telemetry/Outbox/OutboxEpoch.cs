using System.Buffers.Binary;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>
/// The epoch as the device remembers it beside the database, doubled: with it a database that is new, restored from a copy
/// or replaced is told from the one that numbered the batches so far. Both count every time the outbox is opened.
/// </summary>
internal sealed class OutboxEpoch(string directory)
{
    private const int StateBytes = 16;
    private readonly DoubledFile _file = new(Path.Combine(directory, "telemetry"));

    /// <summary>There is one, and nobody can read it.</summary>
    public bool IsDamaged => _file.Exists && Read() is null;

    public (long Epoch, long Opened)? Read() => _file.Read() is { Length: StateBytes } state
        ? (BinaryPrimitives.ReadInt64LittleEndian(state), BinaryPrimitives.ReadInt64LittleEndian(state.AsSpan(8)))
        : null;

    /// <summary>Durable when it returns, before the database says the same.</summary>
    public void Write(long epoch, long opened)
    {
        Span<byte> state = stackalloc byte[StateBytes];
        BinaryPrimitives.WriteInt64LittleEndian(state, epoch);
        BinaryPrimitives.WriteInt64LittleEndian(state[8..], opened);
        _file.Write(state);
    }
}
