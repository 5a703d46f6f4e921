using System.Text.Encodings.Web;
using System.Text.Json;

namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>
/// The reference profile as a file. Read as strictly as any input from outside: sizes bounded, edges rising, counts not
/// negative. <c>{"format":1,"rows":N,"features":[{"name","edges":[…],"counts":[…]}],"output":{"name","classes":[…],"confidence":[…]}}</c>
/// </summary>
internal static class DriftProfileJson
{
    /// <summary>What this program writes, and the only one it reads.</summary>
    public const int Format = 1;

    public const int MostBytes = 4 << 20;
    private const int MostFeatures = 4096;
    private const int MostNameLength = 100;
    private const long MostRows = 1L << 50;
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <exception cref="InvalidDataException">It is no profile; the message says why.</exception>
    public static DriftProfile Read(ReadOnlyMemory<byte> utf8)
    {
        if (utf8.Length > MostBytes)
            throw new InvalidDataException($"it has {utf8.Length} bytes, {MostBytes} is the most");
        try
        {
            using var document = JsonDocument.Parse(utf8, Strict);
            return Root(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    public static byte[] Write(DriftProfile profile)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("format", Format);
            json.WriteNumber("rows", profile.Rows);
            json.WriteStartArray("features");
            foreach (var feature in profile.Features)
            {
                json.WriteStartObject();
                json.WriteString("name", feature.Name);
                json.WriteStartArray("edges");
                foreach (float edge in feature.Edges)
                    json.WriteNumberValue(edge);
                json.WriteEndArray();
                Write(json, "counts", feature.Counts);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (profile is { Output: { } output, Confidence: { } confidence })
            {
                json.WriteStartObject("output");
                json.WriteString("name", output);
                Write(json, "classes", profile.Classes);
                Write(json, "confidence", confidence.Counts);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return memory.ToArray();
    }

    private static void Write(Utf8JsonWriter json, string name, long[] counts)
    {
        json.WriteStartArray(name);
        foreach (long count in counts)
            json.WriteNumberValue(count);
        json.WriteEndArray();
    }

    private static DriftProfile Root(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException("it is no JSON object");
        if (root.GetProperty("format").GetInt32() is not Format and var format)
            throw new InvalidDataException($"its format is {format}, this program reads {Format}");
        long rows = root.GetProperty("rows").GetInt64();
        if (rows is < 1 or > MostRows)
            throw new InvalidDataException($"rows is {rows}");
        var list = root.GetProperty("features");
        if (list.GetArrayLength() > MostFeatures)
            throw new InvalidDataException($"it has {list.GetArrayLength()} features, {MostFeatures} is the most");
        BinnedReference[] features = [.. list.EnumerateArray().Select(Feature)];
        if (features.Select(f => f.Name).Distinct(StringComparer.Ordinal).Count() != features.Length)
            throw new InvalidDataException("two features have one name");
        var profile = new DriftProfile { Rows = rows, Features = features };
        if (!root.TryGetProperty("output", out var output))
            return features.Length > 0 ? profile : throw new InvalidDataException("it has neither features nor an output");
        return profile with
        {
            Output = Name(output.GetProperty("name")),
            Classes = Counts(output.GetProperty("classes"), "classes", 0, DriftProfile.MostClasses),
            Confidence = new BinnedReference("confidence", DriftProfile.ConfidenceEdges,
                Counts(output.GetProperty("confidence"), "confidence", DriftProfile.ConfidenceEdges.Length + 2, DriftProfile.ConfidenceEdges.Length + 2)),
        };
    }

    private static BinnedReference Feature(JsonElement feature)
    {
        string name = Name(feature.GetProperty("name"));
        var list = feature.GetProperty("edges");
        int count = list.GetArrayLength();
        if (count is < 2 or > DriftProfile.MostEdges)
            throw new InvalidDataException($"feature '{name}' has {count} edges; from 2 to {DriftProfile.MostEdges} are possible");
        float[] edges = [.. list.EnumerateArray().Select(e => e.GetSingle())];
        for (int i = 0; i < count; i++)
        {
            if (!float.IsFinite(edges[i]) || (i > 0 && edges[i] <= edges[i - 1]))
                throw new InvalidDataException($"the edges of feature '{name}' do not rise");
        }

        return new BinnedReference(name, edges, Counts(feature.GetProperty("counts"), $"feature '{name}'", count + 2, count + 2));
    }

    private static long[] Counts(JsonElement list, string what, int least, int most)
    {
        int length = list.GetArrayLength();
        if (length < least || length > most)
            throw new InvalidDataException($"{what} has {length} counts, {(least == most ? $"{least} belong there" : $"{most} is the most")}");
        long[] counts = [.. list.EnumerateArray().Select(c => c.GetInt64())];
        if (Array.Exists(counts, c => c is < 0 or > MostRows) || (length > 0 && Array.TrueForAll(counts, c => c == 0)))
            throw new InvalidDataException($"the counts of {what} are negative, too large or all zero");
        return counts;
    }

    private static string Name(JsonElement element) => element.GetString() is { Length: > 0 and <= MostNameLength } name && !name.Any(char.IsControl)
        ? name
        : throw new InvalidDataException($"a name is empty, longer than {MostNameLength} or has control characters");
}
