namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>
/// Counts of the last rows by bin, in eight steps: each full step is compared together with the seven before it, so that the
/// window slides at the cost of one addition a bin. Not for several threads at once.
/// </summary>
/// <remarks>
/// A feature is raised when it is above a limit in <see cref="StepsToRaise"/> looks in a row, and lowered only after a whole
/// window of looks below it: what hovers about a limit says so once.
/// </remarks>
internal sealed class DriftWindow
{
    public const int Steps = 8;
    public const int StepsToRaise = 2;
    private readonly string[] _names;
    private readonly long[][] _reference;
    private readonly int[] _edgeCounts;
    private readonly float[] _edges;
    private readonly int[][] _steps = new int[Steps][];
    private readonly int[] _sum;
    private readonly int _features;
    private readonly int _places;
    private readonly int _stepRows;
    private readonly double _warn;
    private readonly double _alarm;
    private readonly byte[] _above;
    private readonly DriftLevel[] _rising;
    private readonly byte[] _below;
    private readonly double[] _psi;
    private readonly double[] _warnAt;
    private readonly double[] _alarmAt;
    private readonly (int Rows, int Freedom)[] _limitsOf;
    private readonly DriftLevel[] _levels;
    private int _step;
    private int _full;
    private int _rows;

    public DriftWindow(DriftProfile profile, int window, double warn, double alarm)
    {
        (_warn, _alarm) = (warn, alarm);
        _stepRows = Math.Max(1, window / Steps);
        _features = profile.Features.Length;
        bool answers = profile.Confidence is not null;
        BinnedReference[] numbers = answers ? [.. profile.Features, profile.Confidence!] : profile.Features;
        _edges = Bins.Padded([.. numbers.Select(n => n.Edges)]);
        _edgeCounts = [.. numbers.Select(n => n.Edges.Length)];
        _names = [.. numbers.Select(n => n.Name), .. profile.Classes.Length > 0 ? ["class"] : Array.Empty<string>()];
        _reference = [.. numbers.Select(n => n.Counts), .. profile.Classes.Length > 0 ? [profile.Classes] : Array.Empty<long[]>()];
        _places = (numbers.Length * Bins.CountStride) + profile.Classes.Length;
        for (int i = 0; i < Steps; i++)
            _steps[i] = new int[_places];
        _sum = new int[_places];
        _above = new byte[_names.Length];
        _rising = new DriftLevel[_names.Length];
        _below = new byte[_names.Length];
        _psi = new double[_names.Length];
        _psi.AsSpan().Fill(double.NaN);
        _warnAt = new double[_names.Length];
        _alarmAt = new double[_names.Length];
        _limitsOf = new (int, int)[_names.Length];
        _levels = new DriftLevel[_names.Length];
    }

    /// <summary>Rows compared at a time.</summary>
    public int Window => _stepRows * Steps;

    /// <summary>Rows in it now.</summary>
    public int Rows => (_full * _stepRows) + _rows;

    public DriftLevel Worst
    {
        get
        {
            var worst = DriftLevel.Unknown;
            foreach (var level in _levels)
                worst = level > worst ? level : worst;
            return worst;
        }
    }

    /// <summary>Counts one row.</summary>
    /// <param name="features">As many as the profile has.</param>
    /// <param name="answered">Was the watched output asked for?</param>
    /// <returns>True when a step is full: call <see cref="Look"/>.</returns>
    public bool Add(ReadOnlySpan<float> features, bool answered, int likeliest, float confidence)
    {
        int[] counts = _steps[_step];
        for (int i = 0; i < features.Length; i++)
            Count(counts, i, features[i]);
        if (answered)
        {
            Count(counts, _features, confidence);
            int at = ((_features + 1) * Bins.CountStride) + likeliest;
            if (at < counts.Length)
                counts[at]++;
        }

        return ++_rows >= _stepRows;
    }

    /// <summary>Takes the full step into the window and, once that is full too, compares it.</summary>
    /// <returns>Null: nothing that anyone must hear of.</returns>
    public DriftChange? Look()
    {
        Slide();
        if (_full < Steps)
            return null;
        var before = Worst;
        List<int>? raised = null;
        for (int i = 0; i < _names.Length; i++)
        {
            if (Compare(i))
                (raised ??= []).Add(i);
        }

        _full--;
        Drop(_step);
        var after = Worst;
        if (raised is null && after == before)
            return null;
        int worst = (raised ?? [.. Enumerable.Range(0, _names.Length)]).MaxBy(i => double.IsNaN(_psi[i]) ? -1 : _psi[i]);
        return new DriftChange(before, after, [.. (raised ?? []).OrderByDescending(i => _psi[i]).Select(i => _names[i])], _psi[worst], _alarmAt[worst]);
    }

    public IReadOnlyList<FeatureDrift> Features()
    {
        var found = new FeatureDrift[_names.Length];
        for (int i = 0; i < found.Length; i++)
        {
            var counts = Slice(i);
            double rows = 0;
            foreach (int count in counts)
                rows += count;
            bool numbers = i < _edgeCounts.Length;
            double outside = numbers && rows > 0 ? (counts[0] + counts[_edgeCounts[i]]) / rows : 0;
            double missing = numbers && rows > 0 ? counts[_edgeCounts[i] + 1] / rows : 0;
            found[i] = new FeatureDrift(_names[i], _levels[i], _psi[i], _warnAt[i], _alarmAt[i], outside, missing);
        }

        return found;
    }

    /// <summary>Everything but the reference, for another window over the same one.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write7BitEncodedInt(_places);
        writer.Write7BitEncodedInt(_stepRows);
        writer.Write7BitEncodedInt(_full);
        writer.Write7BitEncodedInt(_rows);
        for (int back = _full; back >= 0; back--)
        {
            foreach (int count in _steps[(_step + Steps - back) % Steps])
                writer.Write7BitEncodedInt(count);
        }

        for (int i = 0; i < _names.Length; i++)
        {
            writer.Write((byte)_levels[i]);
            writer.Write(_above[i]);
            writer.Write((byte)_rising[i]);
            writer.Write(_below[i]);
            writer.Write(_psi[i]);
            writer.Write(_warnAt[i]);
            writer.Write(_alarmAt[i]);
        }
    }

    /// <exception cref="InvalidDataException">It is of another reference or window, or damaged: this window is of no use then.</exception>
    public void Restore(BinaryReader reader)
    {
        if (reader.Read7BitEncodedInt() != _places || reader.Read7BitEncodedInt() != _stepRows)
            throw new InvalidDataException("the sketches are of another reference or window");
        int full = reader.Read7BitEncodedInt();
        int rows = reader.Read7BitEncodedInt();
        if (full is < 0 or >= Steps || rows < 0 || rows >= _stepRows)
            throw new InvalidDataException("the sketches are damaged");
        for (int i = 0; i <= full; i++)
        {
            for (int place = 0; place < _places; place++)
            {
                int count = reader.Read7BitEncodedInt();
                if (count < 0 || count > _stepRows)
                    throw new InvalidDataException("the sketches are damaged");
                _steps[i][place] = count;
                _sum[place] += i < full ? count : 0;
            }
        }

        (_step, _full, _rows) = (full, full, rows);
        for (int i = 0; i < _names.Length; i++)
        {
            _levels[i] = Level(reader);
            _above[i] = Math.Min(reader.ReadByte(), (byte)(StepsToRaise - 1));
            _rising[i] = Level(reader);
            _below[i] = Math.Min(reader.ReadByte(), (byte)(Steps - 1));
            (_psi[i], _warnAt[i], _alarmAt[i]) = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
        }
    }

    private static DriftLevel Level(BinaryReader reader) => (DriftLevel)Math.Min(reader.ReadByte(), (byte)DriftLevel.Alarm);

    private void Count(int[] counts, int number, float value)
    {
        int bin = float.IsNaN(value) ? _edgeCounts[number] + 1 : Bins.Of(ref _edges[number * Bins.EdgeStride], value);
        counts[(number * Bins.CountStride) + bin]++;
    }

    private void Slide()
    {
        int[] counts = _steps[_step];
        for (int i = 0; i < counts.Length; i++)
            _sum[i] += counts[i];
        _full++;
        _rows = 0;
        _step = (_step + 1) % Steps;
    }

    /// <summary>The oldest step makes room for the next.</summary>
    private void Drop(int step)
    {
        int[] counts = _steps[step];
        for (int i = 0; i < counts.Length; i++)
            _sum[i] -= counts[i];
        Array.Clear(counts);
    }

    private ReadOnlySpan<int> Slice(int i)
    {
        int numbers = _edgeCounts.Length;
        return i < numbers ? _sum.AsSpan(i * Bins.CountStride, _edgeCounts[i] + 2) : _sum.AsSpan(numbers * Bins.CountStride);
    }

    /// <returns>True when this one is newly in alarm.</returns>
    private bool Compare(int i)
    {
        var counts = Slice(i);
        int rows = 0;
        foreach (int count in counts)
            rows += count;
        // An output that few clients ask for says nothing yet.
        if (rows < Window / 2)
            return false;
        long inReference = 0;
        foreach (long count in _reference[i])
            inReference += count;
        _psi[i] = Psi.Of(_reference[i], counts, out int freedom);
        // The limits are half the cost of a look, and nearly always those of the last one.
        if (_limitsOf[i] != (rows, freedom))
        {
            _limitsOf[i] = (rows, freedom);
            _warnAt[i] = Math.Max(_warn, Psi.ByChance(inReference, rows, freedom, Psi.WarnChance, _names.Length));
            _alarmAt[i] = Math.Max(_alarm, Psi.ByChance(inReference, rows, freedom, Psi.AlarmChance, _names.Length));
        }

        var reached = _psi[i] >= _alarmAt[i] ? DriftLevel.Alarm : _psi[i] >= _warnAt[i] ? DriftLevel.Warn : DriftLevel.Ok;
        if (_levels[i] == DriftLevel.Unknown)
            _levels[i] = DriftLevel.Ok;
        bool above = reached > _levels[i];
        _rising[i] = above && _above[i] > 0 && _rising[i] < reached ? _rising[i] : reached;
        _above[i] = (byte)(above ? _above[i] + 1 : 0);
        _below[i] = (byte)(reached < _levels[i] ? _below[i] + 1 : 0);
        if (_below[i] >= Steps)
            (_levels[i], _below[i]) = (reached, 0);
        if (_above[i] < StepsToRaise)
            return false;
        (_levels[i], _above[i]) = (_rising[i], (byte)(reached > _rising[i] ? 1 : 0));
        _rising[i] = reached;
        return _levels[i] == DriftLevel.Alarm;
    }
}
