namespace EdgeServe.Engine.Telemetry.Series;

/// <summary>All series at one step, the newest so many slots. A slot's number is the box's running time by its step. Not for several threads at once.</summary>
internal sealed class SeriesTier(int stepSeconds, int slots)
{
    private readonly float[] _values = Empty(slots * SeriesInfo.All.Count);
    private readonly ushort[] _samples = new ushort[slots];
    private long _newest = -1;

    public int StepSeconds => stepSeconds;

    public int Slots => slots;

    /// <summary>Takes a sample into the slot of its time; what is not known is not a number. The clock only rises: an older slot is left alone.</summary>
    public void Fold(long runningMs, ReadOnlySpan<float> sample)
    {
        long slot = runningMs / (stepSeconds * 1000L);
        if (slot < _newest)
            return;
        for (long clear = Math.Max(_newest + 1, slot - slots + 1); clear <= slot; clear++)
        {
            Row(clear).Fill(float.NaN);
            _samples[clear % slots] = 0;
        }

        _newest = slot;
        int before = _samples[slot % slots];
        _samples[slot % slots] = (ushort)Math.Min(before + 1, ushort.MaxValue);
        var row = Row(slot);
        for (int i = 0; i < row.Length; i++)
            row[i] = Together(SeriesInfo.All[i].Rollup, row[i], sample[i], before);
    }

    /// <returns>The points of one series in slots <paramref name="from"/> to <paramref name="to"/>; null where nothing was recorded.</returns>
    public float?[] Points(int series, long from, long to)
    {
        float?[] points = new float?[Math.Max(0, to - from + 1)];
        for (long slot = Math.Max(from, _newest - slots + 1); slot <= Math.Min(to, _newest); slot++)
        {
            float value = slot < 0 ? float.NaN : Row(slot)[series];
            points[slot - from] = float.IsNaN(value) ? null : value;
        }

        return points;
    }

    /// <summary>Half the bits of each fraction: a thousandth is nothing in a picture and halves the file.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(stepSeconds);
        writer.Write(slots);
        writer.Write(_newest);
        // One series after the other, one byte plane after the other: what hardly changes packs to almost nothing.
        for (int series = 0; series < SeriesInfo.All.Count; series++)
        {
            for (int shift = 24; shift >= 8; shift -= 8)
            {
                for (int slot = 0; slot < slots; slot++)
                    writer.Write((byte)((BitConverter.SingleToUInt32Bits(_values[(slot * SeriesInfo.All.Count) + series]) & 0xFFFF_F000) >> shift));
            }
        }

        foreach (ushort samples in _samples)
            writer.Write(samples);
    }

    /// <param name="names">Of the series in the file, in its order.</param>
    /// <exception cref="InvalidDataException">It is of another step or length.</exception>
    public void Restore(BinaryReader reader, IReadOnlyList<string> names)
    {
        if (reader.ReadInt32() != stepSeconds || reader.ReadInt32() != slots)
            throw new InvalidDataException("the series were kept at other steps");
        long newest = reader.ReadInt64();
        if (newest < -1)
            throw new InvalidDataException("the series are damaged");
        uint[] bits = new uint[slots];
        foreach (string name in names)
        {
            Array.Clear(bits);
            for (int shift = 24; shift >= 8; shift -= 8)
            {
                for (int slot = 0; slot < slots; slot++)
                    bits[slot] |= (uint)reader.ReadByte() << shift;
            }

            int series = 0;
            while (series < SeriesInfo.All.Count && SeriesInfo.All[series].Name != name)
                series++;
            for (int slot = 0; slot < slots && series < SeriesInfo.All.Count; slot++)
                _values[(slot * SeriesInfo.All.Count) + series] = BitConverter.UInt32BitsToSingle(bits[slot]);
        }

        for (int slot = 0; slot < slots; slot++)
            _samples[slot] = reader.ReadUInt16();
        _newest = newest;
    }

    private static float Together(SeriesRollup rollup, float have, float sample, int before)
    {
        if (float.IsNaN(have) || float.IsNaN(sample))
            return float.IsNaN(have) ? sample : have;
        return rollup switch
        {
            SeriesRollup.Mean => have + ((sample - have) / (before + 1)),
            SeriesRollup.Most => MathF.Max(have, sample),
            _ => MathF.Min(have, sample),
        };
    }

    private Span<float> Row(long slot) => _values.AsSpan((int)(slot % slots) * SeriesInfo.All.Count, SeriesInfo.All.Count);

    private static float[] Empty(int length)
    {
        float[] values = new float[length];
        values.AsSpan().Fill(float.NaN);
        return values;
    }
}
