namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>
/// Makes a reference from the first rows of a model that brought none, without keeping one of them: first the edges of the
/// bins, from sketches of the quantiles, then how often each is hit, counted. Not for several threads at once.
/// </summary>
internal sealed class BaselineLearner
{
    /// <summary>Rows the edges are made from: 30 a decile.</summary>
    public const int RowsForEdges = 300;

    /// <summary>Rows that are then counted: more than four default windows.</summary>
    public const int RowsForCounts = 1000;

    private readonly RowMap _map;
    private readonly QuantileSketch[] _sketches;
    private readonly long[] _classes;
    private readonly long[] _confidence = new long[DriftProfile.ConfidenceEdges.Length + 2];
    private readonly float[] _confidenceEdges = Bins.Padded([DriftProfile.ConfidenceEdges]);
    private float[][]? _edges;
    private float[] _padded = [];
    private long[][] _counts = [];

    public BaselineLearner(RowMap map)
    {
        _map = map;
        _sketches = [.. map.Features.Select(_ => new QuantileSketch())];
        _classes = new long[map.Classes];
        if (_sketches.Length == 0)
            Begin([]);
    }

    /// <summary>Rows learned so far.</summary>
    public int Rows { get; private set; }

    /// <summary>Rows it takes.</summary>
    public int Wanted => (_sketches.Length > 0 ? RowsForEdges : 0) + RowsForCounts;

    /// <returns>The reference once it is complete; null before.</returns>
    public DriftProfile? Add(ReadOnlySpan<float> features, bool answered, int likeliest, float confidence)
    {
        Rows++;
        if (_edges is null)
        {
            for (int i = 0; i < features.Length; i++)
                _sketches[i].Add(features[i]);
            if (Rows == RowsForEdges)
                Begin([.. _sketches.Select(s => Bins.Deciles(s.Quantile))]);
            return null;
        }

        for (int i = 0; i < features.Length; i++)
            _counts[i][float.IsNaN(features[i]) ? _edges[i].Length + 1 : Bins.Of(ref _padded[i * Bins.EdgeStride], features[i])]++;
        if (answered)
        {
            _confidence[float.IsNaN(confidence) ? DriftProfile.ConfidenceEdges.Length + 1 : Bins.Of(ref _confidenceEdges[0], confidence)]++;
            if (likeliest < _classes.Length)
                _classes[likeliest]++;
        }

        return Rows == Wanted ? Profile() : null;
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write7BitEncodedInt(_sketches.Length);
        writer.Write7BitEncodedInt(Rows);
        writer.Write(_edges is not null);
        if (_edges is null)
        {
            foreach (var sketch in _sketches)
                sketch.Save(writer);
            return;
        }

        for (int i = 0; i < _edges.Length; i++)
        {
            writer.Write((byte)_edges[i].Length);
            foreach (float edge in _edges[i])
                writer.Write(edge);
            Write(writer, _counts[i]);
        }

        Write(writer, _classes);
        Write(writer, _confidence);
    }

    /// <exception cref="InvalidDataException">It is of another model or damaged: this learner is of no use then.</exception>
    public void Restore(BinaryReader reader)
    {
        if (reader.Read7BitEncodedInt() != _sketches.Length)
            throw new InvalidDataException("the sketches are of a model with other inputs");
        Rows = reader.Read7BitEncodedInt();
        if (Rows < 0 || Rows >= Wanted)
            throw new InvalidDataException("the sketches are damaged");
        if (!reader.ReadBoolean())
        {
            foreach (var sketch in _sketches)
                sketch.Restore(reader);
            return;
        }

        float[][] edges = new float[_sketches.Length][];
        long[][] counts = new long[edges.Length][];
        for (int i = 0; i < edges.Length; i++)
        {
            int length = reader.ReadByte();
            if (length is < 2 or > DriftProfile.MostEdges)
                throw new InvalidDataException("the sketches are damaged");
            edges[i] = [.. Enumerable.Range(0, length).Select(_ => reader.ReadSingle())];
            counts[i] = new long[length + 2];
            Read(reader, counts[i]);
        }

        Begin(edges);
        _counts = counts;
        Read(reader, _classes);
        Read(reader, _confidence);
    }

    private void Begin(float[][] edges)
    {
        _edges = edges;
        _padded = Bins.Padded(edges);
        _counts = [.. edges.Select(e => new long[e.Length + 2])];
    }

    private DriftProfile Profile()
    {
        // An output that nobody asked for was not learned.
        bool answers = _map.Output is not null && Array.Exists(_confidence, c => c > 0);
        return new DriftProfile
        {
            Rows = RowsForCounts,
            Features = [.. _map.Features.Select((name, i) => new BinnedReference(name, _edges![i], _counts[i]))],
            Output = answers ? _map.Output : null,
            Classes = answers ? _classes : [],
            Confidence = answers ? new BinnedReference("confidence", DriftProfile.ConfidenceEdges, _confidence) : null,
        };
    }

    private static void Write(BinaryWriter writer, long[] counts)
    {
        foreach (long count in counts)
            writer.Write7BitEncodedInt64(count);
    }

    private static void Read(BinaryReader reader, long[] counts)
    {
        for (int i = 0; i < counts.Length; i++)
            counts[i] = reader.Read7BitEncodedInt64() is >= 0 and <= RowsForCounts and var count ? count : throw new InvalidDataException("the sketches are damaged");
    }
}
