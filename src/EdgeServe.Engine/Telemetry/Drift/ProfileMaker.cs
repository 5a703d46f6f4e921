using EdgeServe.Engine.Inference;

namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>Makes a reference profile from all rows at once, on the author's machine.</summary>
internal sealed class ProfileMaker(RowMap map)
{
    private const long MostNumbers = 64L << 20;
    private readonly List<float>[] _columns = [.. map.Features.Select(_ => new List<float>())];
    private readonly float[] _row = new float[map.Features.Length];
    private readonly float[] _scratch = new float[Math.Max(1, map.OutputWidth)];
    private readonly long[] _classes = new long[map.Classes];
    private readonly long[] _confidence = new long[DriftProfile.ConfidenceEdges.Length + 2];

    public int Rows { get; private set; }

    /// <exception cref="InvalidDataException">More rows than fit into memory.</exception>
    public void Add(InferRequest request, OutputTensor[] outputs)
    {
        for (int row = 0; row < request.BatchSize; row++)
        {
            if (++Rows * (long)Math.Max(1, _columns.Length) > MostNumbers)
                throw new InvalidDataException($"more than {MostNumbers} numbers; a sample of the rows is enough");
            map.Read(request, row, _row);
            for (int i = 0; i < _columns.Length; i++)
                _columns[i].Add(_row[i]);
            if (map.Output is null || !map.TryRead(outputs, row, _scratch, out int likeliest, out float confidence))
                continue;
            Count(_confidence, Bins.Padded([DriftProfile.ConfidenceEdges]), DriftProfile.ConfidenceEdges.Length, confidence);
            if (likeliest < _classes.Length)
                _classes[likeliest]++;
        }
    }

    /// <param name="names">What people call the features; null: by input and place.</param>
    public DriftProfile Make(string[]? names)
    {
        bool answers = map.Output is not null && Array.Exists(_confidence, c => c > 0);
        return new DriftProfile
        {
            Rows = Rows,
            Features = [.. _columns.Select((column, i) => Feature((names ?? map.Features)[i], column))],
            Output = answers ? map.Output : null,
            Classes = answers ? _classes : [],
            Confidence = answers ? new BinnedReference("confidence", DriftProfile.ConfidenceEdges, _confidence) : null,
        };
    }

    private static BinnedReference Feature(string name, List<float> column)
    {
        float[] sorted = [.. column.Where(float.IsFinite).Order()];
        float[] edges = Bins.Deciles(share => sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))]);
        float[] padded = Bins.Padded([edges]);
        long[] counts = new long[edges.Length + 2];
        foreach (float value in column)
            Count(counts, padded, edges.Length, value);
        return new BinnedReference(name, edges, counts);
    }

    private static void Count(long[] counts, float[] padded, int edges, float value) =>
        counts[float.IsNaN(value) ? edges + 1 : Bins.Of(ref padded[0], value)]++;
}
