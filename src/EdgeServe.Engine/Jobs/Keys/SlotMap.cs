using System.Collections;

namespace EdgeServe.Engine.Jobs.Keys;

/// <summary>Which slots of the file hold a key. Not for several threads at once.</summary>
internal sealed class SlotMap
{
    private const int LeastGrowth = 64;
    private readonly BitArray _used = new(0), _found = new(0);
    private int _hint = 1;

    /// <summary>A key was there at the start.</summary>
    public void Found(int slot)
    {
        Reach(slot);
        _used[slot] = _found[slot] = true;
    }

    public void Use(int slot) => _used[slot] = true;

    /// <summary>It is overwritten: the next key may have it.</summary>
    public void Release(int slot)
    {
        Reach(slot);
        _used[slot] = _found[slot] = false;
        _hint = Math.Clamp(slot, 1, _hint);
    }

    /// <summary>Does it still hold what it held at the start?</summary>
    public bool WasFound(int slot) => slot < _found.Length && _found[slot];

    /// <summary>The lowest free ones behind <see cref="JobKeys.FingerprintSlot"/>; they may lie behind the file's end.</summary>
    public List<int> Free(int count)
    {
        var free = new List<int>();
        for (int slot = _hint; free.Count < count && slot < KeyRef.MostSlots; slot++)
        {
            Reach(slot);
            if (!_used[slot])
                free.Add(slot);
        }

        _hint = free.Count > 0 ? free[0] : _hint;
        return free;
    }

    private void Reach(int slot)
    {
        if (slot >= _used.Length)
            _used.Length = _found.Length = slot + 1 + Math.Max(LeastGrowth, _used.Length);
    }
}
