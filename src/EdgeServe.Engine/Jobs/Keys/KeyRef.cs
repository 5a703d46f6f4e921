namespace EdgeServe.Engine.Jobs.Keys;

/// <summary>
/// Names a key for good: its slot in the file, and a number that says which of the keys that slot has held. A slot that
/// was erased and filled anew does not open what the key before it sealed.
/// </summary>
internal readonly record struct KeyRef(long Value)
{
    private const int SlotBits = 24;
    private const long MostSerial = (1L << (63 - SlotBits)) - 1;

    /// <summary>Keys there can be at a time.</summary>
    public const int MostSlots = 1 << SlotBits;

    public KeyRef(int slot, long random)
        : this(((random & MostSerial) << SlotBits) | (uint)slot)
    {
    }

    public bool IsNone => Value == 0;

    public int Slot => (int)(Value & (MostSlots - 1));
}
