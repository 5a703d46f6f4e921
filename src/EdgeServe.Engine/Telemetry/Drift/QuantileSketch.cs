namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>
/// Quantiles of a stream in the memory of 64 pairs: means of neighbouring values with how many they stand for, fine at
/// the ends and coarse in the middle (a merging t-digest). Smallest and largest are exact.
/// </summary>
internal sealed class QuantileSketch
{
    private const int Most = 64;
    private const int Pending = 64;
    private readonly float[] _means = new float[Most + Pending];
    private readonly float[] _weights = new float[Most + Pending];
    private int _merged;
    private int _count;
    private float _least = float.PositiveInfinity;
    private float _largest = float.NegativeInfinity;

    /// <summary>Values seen; those that are no finite number are not.</summary>
    public long Count { get; private set; }

    public void Add(float value)
    {
        if (!float.IsFinite(value))
            return;
        Count++;
        _least = MathF.Min(_least, value);
        _largest = MathF.Max(_largest, value);
        (_means[_count], _weights[_count]) = (value, 1);
        if (++_count == _means.Length)
            Merge();
    }

    /// <param name="share">0: the smallest, 1: the largest.</param>
    /// <returns>The value below which that share lies; 0 when nothing was seen.</returns>
    public float Quantile(double share)
    {
        if (Count == 0)
            return 0;
        Merge();
        if (share <= 0)
            return _least;
        if (share >= 1)
            return _largest;
        double wanted = share * Count;
        double before = 0;
        (double at, float value) last = (0, _least);
        for (int i = 0; i < _merged; i++)
        {
            double middle = before + (_weights[i] / 2);
            if (wanted < middle)
                return Between(last, (middle, _means[i]), wanted);
            last = (middle, _means[i]);
            before += _weights[i];
        }

        return Between(last, (Count, _largest), wanted);
    }

    public void Save(BinaryWriter writer)
    {
        Merge();
        writer.Write7BitEncodedInt64(Count);
        writer.Write(_least);
        writer.Write(_largest);
        writer.Write7BitEncodedInt(_merged);
        for (int i = 0; i < _merged; i++)
        {
            writer.Write(_means[i]);
            writer.Write(_weights[i]);
        }
    }

    /// <exception cref="InvalidDataException">Damaged.</exception>
    public void Restore(BinaryReader reader)
    {
        Count = reader.Read7BitEncodedInt64();
        (_least, _largest) = (reader.ReadSingle(), reader.ReadSingle());
        _merged = _count = reader.Read7BitEncodedInt();
        if (Count < 0 || _merged is < 0 or > Most || (Count == 0) != (_merged == 0))
            throw new InvalidDataException("a quantile sketch is damaged");
        for (int i = 0; i < _merged; i++)
        {
            (_means[i], _weights[i]) = (reader.ReadSingle(), reader.ReadSingle());
            if (!float.IsFinite(_means[i]) || !(_weights[i] >= 1))
                throw new InvalidDataException("a quantile sketch is damaged");
        }
    }

    private float Between((double At, float Value) a, (double At, float Value) b, double wanted) =>
        b.At <= a.At ? b.Value : Math.Clamp((float)(a.Value + ((b.Value - (double)a.Value) * (wanted - a.At) / (b.At - a.At))), _least, _largest);

    /// <summary>Joins neighbours while together they stand for less than their place in the distribution allows.</summary>
    private void Merge()
    {
        if (_count == _merged)
            return;
        Array.Sort(_means, _weights, 0, _count);
        int at = 0;
        double before = 0;
        double limit = Limit(0);
        for (int i = 1; i < _count; i++)
        {
            double together = before + _weights[at] + _weights[i];
            if (together <= limit)
            {
                float weight = _weights[at] + _weights[i];
                _means[at] += (float)((_means[i] - (double)_means[at]) * _weights[i] / weight);
                _weights[at] = weight;
                continue;
            }

            before += _weights[at];
            limit = Limit(before);
            at++;
            (_means[at], _weights[at]) = (_means[i], _weights[i]);
        }

        _merged = _count = at + 1;
    }

    /// <summary>Up to where a pair that begins behind so many values may reach: one step of the arc sine.</summary>
    private double Limit(double before)
    {
        // With fewer steps than places there is always room for what is pending.
        const double steps = Most - 2;
        double k = (Math.Asin(Math.Clamp((2 * before / Count) - 1, -1, 1)) / Math.PI) + 0.5 + (2 / steps);
        return k >= 1 ? Count : Count * (Math.Sin((k - 0.5) * Math.PI) + 1) / 2;
    }
}
