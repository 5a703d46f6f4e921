using System.Text;
using System.Text.Json;
using EdgeServe.Engine.Inference;

namespace EdgeServe.Engine.Models.Golden;

/// <summary>Reads the golden samples beside a model. What is wrong with a file is said with its name.</summary>
internal static class GoldenFolder
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 100 };

    /// <returns>By name; empty when the folder is not there.</returns>
    /// <exception cref="ServingException"><see cref="ServingError.InvalidArgument"/>: a sample cannot be read.</exception>
    public static IReadOnlyList<GoldenSample> Read(ModelFiles files, ModelDefinition definition)
    {
        string folder = Path.Combine(files.Directory, definition.Golden);
        if (!Directory.Exists(folder))
            return [];
        return [.. Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(path => ReadSample(path, files.Directory))];
    }

    private static GoldenSample ReadSample(string path, string modelFolder)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), Strict);
            var root = document.RootElement;
            var steps = root.TryGetProperty("steps", out var several)
                ? several.EnumerateArray().Select(s => ReadStep(s, path, modelFolder)).ToArray()
                : [ReadStep(root, path, modelFolder)];
            var feedback = root.TryGetProperty("feedback", out var f)
                ? f.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!)
                : [];
            string description = root.TryGetProperty("description", out var d) ? d.GetString() ?? "" : "";
            return new GoldenSample(Path.GetFileNameWithoutExtension(path), description, feedback, steps);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or InvalidDataException or IOException)
        {
            throw ServingException.Invalid($"golden sample {path} cannot be read: {e.Message}");
        }
    }

    private static GoldenStep ReadStep(JsonElement step, string path, string modelFolder)
    {
        var checks = step.GetProperty("expected").EnumerateArray().Select(c => ReadCheck(c, modelFolder)).ToArray();
        if (checks.Length == 0)
            throw new InvalidDataException("'expected' is empty: a sample that checks nothing proves nothing");
        if (!step.TryGetProperty("request_file", out var file))
            return new GoldenStep(Encoding.UTF8.GetBytes(step.GetProperty("request").GetRawText()), null, checks);
        string beside = PlainName(file.GetString());
        byte[] body = File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(path)!, beside));
        return new GoldenStep(body, step.GetProperty("request_header_length").GetInt64(), checks);
    }

    private static IGoldenCheck ReadCheck(JsonElement check, string modelFolder)
    {
        string Output() => check.GetProperty("output").GetString()!;
        double Number(string name) => check.GetProperty(name).GetDouble();
        const string tolerance = "absolute_tolerance";
        string kind = check.GetProperty("check").GetString()!;
        return kind switch
        {
            "values" => Values(check, Number(tolerance)),
            "argmax" => new ArgmaxCheck(Output(), [.. check.GetProperty("data").EnumerateArray().Select(v => v.GetInt32())]),
            "element" => new ElementCheck(Output(), check.GetProperty("index").GetInt32(), Number("value"), Number(tolerance)),
            "max" => new MaxCheck([.. check.GetProperty("outputs").EnumerateArray().Select(o => o.GetString()!)],
                check.TryGetProperty("sigmoid", out var sigmoid) && sigmoid.GetBoolean(), Number("value"), Number(tolerance)),
            "ctc_text" => new CtcTextCheck(Output(), File.ReadAllLines(Path.Combine(modelFolder, PlainName(check.GetProperty("labels").GetString()))),
                check.GetProperty("text").GetString()!, check.TryGetProperty("ignore_spaces", out var spaces) && spaces.GetBoolean(), Number("confidence"), Number(tolerance)),
            "mask" => new MaskCheck(Output(), Number("threshold"),
                [.. check.GetProperty("boxes").EnumerateArray().Select(b => b.EnumerateArray().Select(v => v.GetInt32()).ToArray())], Number("min_inside"), Number("min_box")),
            _ => throw new InvalidDataException($"'{kind}' is no check; there are values, argmax, element, max, ctc_text, mask"),
        };
    }

    private static ValuesCheck Values(JsonElement check, double tolerance)
    {
        long[] shape = [.. check.GetProperty("shape").EnumerateArray().Select(v => v.GetInt64())];
        double[] data = [.. check.GetProperty("data").EnumerateArray().Select(v => v.GetDouble())];
        return Shape.ElementCount(shape) == data.Length
            ? new ValuesCheck(check.GetProperty("output").GetString()!, shape, data, tolerance)
            : throw new InvalidDataException($"'data' has {data.Length} elements, 'shape' takes {Shape.ElementCount(shape)}");
    }

    private static string PlainName(string? name) =>
        name is { Length: > 0 } && Path.GetFileName(name) == name ? name : throw new InvalidDataException($"'{name}' must be a plain file name");
}
