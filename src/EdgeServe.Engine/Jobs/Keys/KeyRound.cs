using System.Buffers.Binary;
using System.Security.Cryptography;

namespace EdgeServe.Engine.Jobs.Keys;

/// <summary>What the thread of <see cref="JobKeys"/> writes at a time: erasures and new keys, under one fdatasync. Its parts fail by themselves.</summary>
internal sealed class KeyRound(KeyFile file, WrappingKeys wrapping)
{
    private readonly List<PayloadKey> _made = [];

    /// <summary>New keys, on the disk unless <see cref="RefillError"/>.</summary>
    public IReadOnlyList<PayloadKey> Made => _made;

    /// <summary>The secret of fingerprints, if this round made it.</summary>
    public byte[]? Fingerprints { get; private set; }

    public Exception? RefillError { get; private set; }

    public Exception? EraseError { get; private set; }

    /// <param name="erasing">To be overwritten.</param>
    /// <param name="slots">To be filled, lowest first.</param>
    /// <param name="first">The file has no secret of fingerprints yet.</param>
    public void Write(List<KeyErasure> erasing, List<int> slots, bool first)
    {
        try
        {
            erasing.ForEach(Overwrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            EraseError = e;
        }

        try
        {
            if (slots.Count > 0)
                Fill(slots, first);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            RefillError = e;
        }

        try
        {
            if (erasing.Count + _made.Count > 0)
                file.Flush();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            RefillError = EraseError = e;
        }
    }

    private void Overwrite(KeyErasure erasure)
    {
        Span<byte> slot = stackalloc byte[KeySlot.Bytes];
        file.Read(erasure.Slot, slot);
        var holds = KeySlot.NameOf(slot);
        // Another key lives there by now: the one that was meant is gone.
        if (!holds.IsNone && holds != erasure.Name)
            return;
        slot.Clear();
        file.Write(erasure.Slot, slot);
    }

    private void Fill(List<int> slots, bool first)
    {
        var with = wrapping.Current();
        while (file.Count <= slots[^1])
            file.Grow();
        if (first)
            MakeFingerprints(with);

        // One draw of randomness and one write for slots side by side: a call each would cost more than the keys.
        const int Drawn = PayloadKey.Bytes + sizeof(long) + PayloadKey.NonceBytes;
        byte[] random = RandomNumberGenerator.GetBytes(slots.Count * Drawn), run = new byte[slots.Count * KeySlot.Bytes];
        for (int begin = 0, next = 0; next < slots.Count; begin = next)
        {
            do
            {
                var drawn = random.AsSpan(next * Drawn, Drawn);
                byte[] secret = drawn[..PayloadKey.Bytes].ToArray();
                var name = new KeyRef(slots[next], BinaryPrimitives.ReadInt64LittleEndian(drawn[PayloadKey.Bytes..]) | 1);
                KeySlot.Write(run.AsSpan((next - begin) * KeySlot.Bytes), name, secret, drawn[^PayloadKey.NonceBytes..], with);
                _made.Add(new PayloadKey(name, secret));
                next++;
            }
            while (next < slots.Count && slots[next] == slots[next - 1] + 1);
            file.Write(slots[begin], run.AsSpan(0, (next - begin) * KeySlot.Bytes));
        }

        CryptographicOperations.ZeroMemory(random);
    }

    private void MakeFingerprints(WrappingKey with)
    {
        byte[] slot = new byte[KeySlot.Bytes], secret = RandomNumberGenerator.GetBytes(PayloadKey.Bytes);
        KeySlot.Write(slot, new KeyRef(JobKeys.FingerprintSlot, 1), secret, with);
        file.Write(JobKeys.FingerprintSlot, slot);
        file.Flush();
        Fingerprints = secret;
    }
}
