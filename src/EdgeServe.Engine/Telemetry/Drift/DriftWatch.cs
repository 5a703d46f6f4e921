using System.IO.Hashing;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>
/// Watches what one loaded model version is asked and answers. Called on the threads that answer: it copies a row's numbers,
/// finds their bins and adds one to each count, a third of a microsecond for 30 features; it allocates nothing and waits for nobody. Rows
/// that come while another thread counts, or beyond what a second may cost, are skipped and said to be.
/// </summary>
internal sealed class DriftWatch
{
    /// <summary>Numbers looked at in a second at most: about a hundredth of a fast core's time, and of bursts as many at once.</summary>
    internal const int NumbersPerSecond = 2_000_000;

    private const byte Format = 1;
    private const int MostProfileBytes = DriftProfileJson.MostBytes;
    private readonly Lock _gate = new();
    private readonly RowMap _map;
    private readonly ReferenceDefinition _definition;
    private readonly TimeProvider _time;
    private readonly Action<DriftWatch, DriftChange?> _tell;
    private readonly ulong _shippedHash;
    private readonly float[] _row;
    private readonly float[] _scratch;
    private DriftProfile? _profile;
    private DriftWindow? _window;
    private BaselineLearner? _learner;
    private double _budget = NumbersPerSecond;
    private long _budgetAt;
    private long _rows;
    private long _skipped;
    private bool _seen;

    /// <param name="key">What is watched.</param>
    /// <param name="map">Which of its numbers.</param>
    /// <param name="definition">Window and limits.</param>
    /// <param name="shipped">The profile that came with it; null: the first rows are learned.</param>
    /// <param name="time">For the budget.</param>
    /// <param name="tell">Told of changes, after the row was counted, on the thread that answers; null: a reference was learned.</param>
    public DriftWatch(ModelVersionKey key, RowMap map, ReferenceDefinition definition, DriftProfile? shipped, TimeProvider time, Action<DriftWatch, DriftChange?> tell)
    {
        Key = key;
        (_map, _definition, _time, _tell) = (map, definition, time, tell);
        _row = new float[map.Features.Length];
        _scratch = new float[Math.Max(1, map.OutputWidth)];
        _budgetAt = time.GetTimestamp();
        _shippedHash = shipped is null ? 0 : XxHash3.HashToUInt64(DriftProfileJson.Write(shipped));
        if (shipped is null)
            _learner = new BaselineLearner(map);
        else
            Use(shipped);
    }

    public ModelVersionKey Key { get; }

    /// <summary>What does not suit this model in a profile, for people; null: it suits.</summary>
    public static string? Mismatch(DriftProfile profile, RowMap map)
    {
        if (profile.Features.Length > 0 && profile.Features.Length != map.Features.Length)
            return $"it has {profile.Features.Length} features, the model {map.Features.Length}";
        if (profile.Output is not null && profile.Output != map.Output)
            return $"it is of output '{profile.Output}', the one that is watched is '{map.Output}'";
        return profile.Output is not null && profile.Classes.Length != map.Classes ? $"it has {profile.Classes.Length} classes, the model {map.Classes}" : null;
    }

    /// <summary>One request of a client and its answer.</summary>
    public void Observe(InferRequest request, OutputTensor[] outputs)
    {
        if (!_gate.TryEnter())
        {
            Interlocked.Add(ref _skipped, request.BatchSize);
            return;
        }

        bool learned = false;
        DriftChange? change = null;
        try
        {
            int rows = Affordable(request.BatchSize);
            for (int row = 0; row < rows; row++)
                change = Count(request, outputs, row, ref learned) ?? change;
        }
        finally
        {
            _gate.Exit();
        }

        if (learned)
            _tell(this, null);
        if (change is not null)
            _tell(this, change);
    }

    public DriftState State()
    {
        lock (_gate)
        {
            var source = _window is null ? ReferenceSource.Learning : _shippedHash != 0 ? ReferenceSource.Shipped : ReferenceSource.Learned;
            return new DriftState(
                Key, _window?.Worst ?? DriftLevel.Unknown, source, _profile?.Rows ?? _learner!.Rows, _window?.Window ?? _definition.Window,
                _window?.Rows ?? 0, _rows, Volatile.Read(ref _skipped), _window?.Features() ?? []);
        }
    }

    /// <summary>Were rows counted since the last <see cref="Save"/>?</summary>
    public bool HasNews => Volatile.Read(ref _seen);

    /// <summary>The sketches and nothing else: reference where it was learned, counts and levels.</summary>
    public byte[] Save()
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        lock (_gate)
        {
            _seen = false;
            writer.Write(Format);
            writer.Write(_shippedHash);
            writer.Write7BitEncodedInt64(_rows);
            writer.Write7BitEncodedInt64(Volatile.Read(ref _skipped));
            writer.Write(_window is not null);
            if (_learner is not null)
                _learner.Save(writer);
            if (_window is not null)
            {
                byte[] learned = _shippedHash == 0 ? DriftProfileJson.Write(_profile!) : [];
                writer.Write7BitEncodedInt(learned.Length);
                writer.Write(learned);
                _window.Save(writer);
            }
        }

        return memory.ToArray();
    }

    /// <summary>Goes on where <see cref="Save"/> stopped. Before the first row.</summary>
    /// <returns>False: it is of another reference or damaged, and the watch begins anew.</returns>
    public bool TryRestore(byte[] saved)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(saved));
            if (reader.ReadByte() != Format || reader.ReadUInt64() != _shippedHash)
                return false;
            long rows = reader.Read7BitEncodedInt64();
            long skipped = reader.Read7BitEncodedInt64();
            if (!reader.ReadBoolean())
            {
                var learner = new BaselineLearner(_map);
                learner.Restore(reader);
                _learner = learner;
            }
            else
            {
                int length = reader.Read7BitEncodedInt();
                if (length is < 0 or > MostProfileBytes || (length > 0) != (_shippedHash == 0))
                    return false;
                var profile = length == 0 ? _profile! : DriftProfileJson.Read(reader.ReadBytes(length));
                if (Mismatch(profile, _map) is not null)
                    return false;
                var window = new DriftWindow(profile, _definition.Window, _definition.PsiWarn, _definition.PsiAlarm);
                window.Restore(reader);
                (_profile, _window, _learner) = (profile, window, null);
            }

            (_rows, _skipped) = (Math.Max(0, rows), Math.Max(0, skipped));
            // Where it came from may be gone.
            _seen = true;
            return true;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            return false;
        }
    }

    private void Use(DriftProfile profile)
    {
        _profile = profile;
        _window = new DriftWindow(profile, _definition.Window, _definition.PsiWarn, _definition.PsiAlarm);
        _learner = null;
    }

    /// <summary>How many of the rows the budget allows; counts the others as skipped.</summary>
    private int Affordable(int rows)
    {
        double cost = _row.Length + _scratch.Length;
        if (_budget < rows * cost)
        {
            long now = _time.GetTimestamp();
            _budget = Math.Min(NumbersPerSecond, _budget + (_time.GetElapsedTime(_budgetAt, now).TotalSeconds * NumbersPerSecond));
            _budgetAt = now;
        }

        int affordable = (int)Math.Min(rows, _budget / cost);
        _budget -= affordable * cost;
        if (affordable < rows)
            Interlocked.Add(ref _skipped, rows - affordable);
        return affordable;
    }

    private DriftChange? Count(InferRequest request, OutputTensor[] outputs, int row, ref bool learned)
    {
        // A profile may leave the inputs out.
        var features = _row.AsSpan(0, _profile?.Features.Length ?? _row.Length);
        if (features.Length > 0)
            _map.Read(request, row, features);
        int likeliest = 0;
        float confidence = float.NaN;
        bool answered = _map.Output is not null && _map.TryRead(outputs, row, _scratch, out likeliest, out confidence);
        _rows++;
        _seen = true;
        if (_window is not null)
            return _window.Add(features, answered && _profile!.Confidence is not null, likeliest, confidence) ? _window.Look() : null;
        if (_learner!.Add(features, answered, likeliest, confidence) is { } profile)
        {
            Use(profile);
            learned = true;
        }

        return null;
    }
}
