using System.Globalization;
using System.Text.Json;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>A set of batches by epoch and number, as text <c>1-7,9,12:1/2</c>; the same text that tombstones have.</summary>
internal sealed class BatchNumbers
{
    private const int MostText = 256 << 10;
    private const int LongestPart = 64;
    private readonly SortedDictionary<long, Numbers> _epochs = [];

    public bool IsEmpty => _epochs.Count == 0;

    /// <summary>The least of the least epoch.</summary>
    public (long Epoch, long Sequence) First => _epochs.First() is var (epoch, numbers) ? (epoch, numbers.First) : default;

    /// <summary>Whole batches, both ends included.</summary>
    public IEnumerable<BatchRange> Ranges => _epochs.SelectMany(e => e.Value.Whole.Select(w => new BatchRange(e.Key, w.First, w.Last)));

    /// <summary>Pieces of batches that were split.</summary>
    public IEnumerable<(long Epoch, long Sequence, string Part)> Pieces => _epochs.SelectMany(e => e.Value.Pieces.Select(p => (e.Key, p.Sequence, p.Part)));

    public void Add(long epoch, long sequence, string part)
    {
        var numbers = Of(epoch);
        if (part.Length > 0)
            numbers.Pieces.Add((sequence, part));
        else
            numbers.Add(sequence, sequence);
    }

    public void Add(BatchNumbers other)
    {
        foreach (var (epoch, theirs) in other._epochs)
        {
            var numbers = Of(epoch);
            numbers.Pieces.UnionWith(theirs.Pieces);
            foreach (var (first, last) in theirs.Whole)
                numbers.Add(first, last);
        }
    }

    /// <summary>Is it in the set, itself or inside a batch or a piece that is?</summary>
    public bool Contains(OutboxBatch batch)
    {
        if (!_epochs.TryGetValue(batch.Epoch, out var numbers))
            return false;
        if (numbers.Has(batch.Sequence))
            return true;
        for (string part = batch.Part; part.Length > 0; part = part.LastIndexOf('.') is > 0 and var dot ? part[..dot] : "")
        {
            if (numbers.Pieces.Contains((batch.Sequence, part)))
                return true;
        }

        return false;
    }

    /// <summary>For people: the ranges of all epochs.</summary>
    public override string ToString() => string.Join(' ', _epochs.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Key}/{e.Value}")));

    /// <summary>A list of objects, one an epoch.</summary>
    public void Write(Utf8JsonWriter json, string name)
    {
        json.WriteStartArray(name);
        foreach (var (epoch, numbers) in _epochs)
        {
            json.WriteStartObject();
            json.WriteNumber("epoch", epoch);
            json.WriteString("ranges", numbers.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <exception cref="JsonException">Not what <see cref="Write"/> writes.</exception>
    public static BatchNumbers Read(JsonElement element, string name)
    {
        if (StrictJson.Member(element, name) is not { ValueKind: JsonValueKind.Array } list || list.GetArrayLength() > ContentLimits.Entries)
            throw new JsonException($"'{name}' is not a list of epochs");
        var read = new BatchNumbers();
        foreach (var one in list.EnumerateArray())
        {
            if (one.ValueKind != JsonValueKind.Object || StrictJson.Member(one, "epoch") is not { ValueKind: JsonValueKind.Number } number || !number.TryGetInt64(out long epoch) || epoch < 1
                || StrictJson.Text(one, "ranges") is not { Length: > 0 and <= MostText } text || !text.Split(',').All(r => read.TryAdd(epoch, r)))
                throw new JsonException($"'{name}' has an epoch without proper ranges");
        }

        return read;
    }

    private bool TryAdd(long epoch, string text)
    {
        if (text.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
        {
            string part = text[(colon + 1)..];
            if (!TryNumber(text.AsSpan(0, colon), out long sequence) || part.Length > LongestPart || !part.Split('.').All(IsPiece))
                return false;
            Add(epoch, sequence, part);
            return true;
        }

        int dash = text.IndexOf('-', StringComparison.Ordinal);
        if (!TryNumber(dash < 0 ? text : text.AsSpan(0, dash), out long first))
            return false;
        long last = first;
        if (dash > 0 && (!TryNumber(text.AsSpan(dash + 1), out last) || last < first))
            return false;
        Of(epoch).Add(first, last);
        return true;
    }

    /// <summary><c>1/2</c>.</summary>
    private static bool IsPiece(string text) => text.Split('/') is [var number, var count] && TryNumber(number, out long n) && TryNumber(count, out long c) && n <= c;

    private static bool TryNumber(ReadOnlySpan<char> text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is > 0 and < long.MaxValue;

    private Numbers Of(long epoch)
    {
        if (!_epochs.TryGetValue(epoch, out var numbers))
            _epochs[epoch] = numbers = new Numbers();
        return numbers;
    }

    /// <summary>Of one epoch. What is added in rising order costs nothing to merge.</summary>
    private sealed class Numbers
    {
        private readonly List<(long First, long Last)> _whole = [];
        private bool _sorted = true;

        public HashSet<(long Sequence, string Part)> Pieces { get; } = [];

        public List<(long First, long Last)> Whole
        {
            get
            {
                if (!_sorted)
                    Sort();
                return _whole;
            }
        }

        public long First => Math.Min(Whole.Count > 0 ? Whole[0].First : long.MaxValue, Pieces.Count > 0 ? Pieces.Min(p => p.Sequence) : long.MaxValue);

        public void Add(long first, long last)
        {
            if (_whole.Count > 0 && _sorted && first >= _whole[^1].First && first <= _whole[^1].Last + 1)
            {
                _whole[^1] = (_whole[^1].First, Math.Max(_whole[^1].Last, last));
                return;
            }

            _sorted &= _whole.Count == 0 || first > _whole[^1].Last;
            _whole.Add((first, last));
        }

        public bool Has(long sequence)
        {
            var whole = Whole;
            int low = 0, high = whole.Count - 1;
            while (low <= high)
            {
                int middle = (low + high) / 2;
                if (sequence < whole[middle].First)
                    high = middle - 1;
                else if (sequence > whole[middle].Last)
                    low = middle + 1;
                else
                    return true;
            }

            return false;
        }

        public override string ToString() => string.Join(',', Whole
            .Select(w => (w.First, Text: w.First == w.Last ? Number(w.First) : $"{Number(w.First)}-{Number(w.Last)}"))
            .Concat(Pieces.Select(p => (First: p.Sequence, Text: $"{Number(p.Sequence)}:{p.Part}")))
            .OrderBy(t => t.First).ThenBy(t => t.Text, StringComparer.Ordinal).Select(t => t.Text));

        private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

        private void Sort()
        {
            (long First, long Last)[] all = [.. _whole.OrderBy(w => w.First)];
            _whole.Clear();
            _sorted = true;
            foreach (var (first, last) in all)
                Add(first, last);
        }
    }
}
