using System.Text.Json;

namespace EdgeServe.Engine.Models;

/// <summary>
/// Reads <c>model.json</c>. Every error of the file is reported at once, each with its key and a hint, because the author
/// is a person with an editor and not a compiler.
/// </summary>
internal sealed class ModelDefinitionJson
{
    private readonly List<string> _errors = [];

    private ModelDefinitionJson()
    {
    }

    /// <param name="utf8">The file's bytes.</param>
    /// <param name="errors">Empty when the definition is usable.</param>
    public static ModelDefinition Read(ReadOnlyMemory<byte> utf8, out IReadOnlyList<string> errors)
    {
        var reader = new ModelDefinitionJson();
        errors = reader._errors;
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = 16, AllowTrailingCommas = false });
        }
        catch (JsonException e)
        {
            reader._errors.Add($"not valid JSON: {e.Message}");
            return new ModelDefinition();
        }

        using (document)
            return reader.Root(document.RootElement);
    }

    private ModelDefinition Root(JsonElement root)
    {
        var definition = new ModelDefinition();
        foreach (var (key, value) in Members(root, "the definition"))
        {
            switch (key)
            {
                case "$schema": break;
                case "description": definition = definition with { Description = Text(key, value) }; break;
                case "licence": definition = definition with { Licence = Text(key, value) }; break;
                case "max_batch_size": definition = definition with { MaxBatchSize = (int?)Integer(key, value, 0, 65_536) }; break;
                case "dynamic_batching": definition = definition with { DynamicBatching = Batching(value) }; break;
                case "instances": definition = definition with { Instances = (int?)Integer(key, value, 1, 256) }; break;
                case "queue": definition = definition with { Queue = Queue(value) }; break;
                case "execution": definition = definition with { Execution = Execution(value) }; break;
                case "memory_estimate_bytes": definition = definition with { MemoryEstimateBytes = Integer(key, value, 1, 1L << 40) }; break;
                case "max_latency_microseconds": definition = definition with { MaxLatencyMicroseconds = Integer(key, value, 1, 3_600_000_000) }; break;
                case "answer": definition = definition with { Answer = Answer(value) }; break;
                case "telemetry": definition = definition with { Telemetry = Telemetry(value) }; break;
                case "golden": definition = definition with { Golden = FileName(key, value) ?? definition.Golden }; break;
                case "reference": definition = definition with { Reference = Reference(value) }; break;
                default: Unknown(key); break;
            }
        }

        if (definition is { DynamicBatching: not null, MaxBatchSize: 0 })
            _errors.Add("dynamic_batching: needs max_batch_size of at least 1; this model says it has no batch dimension");
        return definition;
    }

    private DynamicBatching Batching(JsonElement element)
    {
        int[] preferred = [];
        long delay = 0;
        foreach (var (key, value) in Members(element, "dynamic_batching"))
        {
            switch (key)
            {
                case "preferred_batch_size":
                    preferred = [.. Items(key, value).Select(v => (int)(Integer(key, v, 1, 65_536) ?? 1)).Order()];
                    break;
                case "max_queue_delay_microseconds": delay = Integer(key, value, 0, 60_000_000) ?? 0; break;
                default: Unknown("dynamic_batching." + key); break;
            }
        }

        return new DynamicBatching(preferred, delay);
    }

    private QueueDefinition Queue(JsonElement element)
    {
        var queue = new QueueDefinition();
        foreach (var (key, value) in Members(element, "queue"))
        {
            switch (key)
            {
                case "max_size": queue = queue with { MaxSize = (int)(Integer(key, value, 0, 1_000_000) ?? queue.MaxSize) }; break;
                case "default_timeout_microseconds":
                    queue = queue with { DefaultTimeoutMicroseconds = Integer(key, value, 0, 86_400_000_000) ?? 0 };
                    break;
                default: Unknown("queue." + key); break;
            }
        }

        return queue;
    }

    private ExecutionDefinition Execution(JsonElement element)
    {
        var execution = new ExecutionDefinition();
        foreach (var (key, value) in Members(element, "execution"))
        {
            switch (key)
            {
                case "graph": execution = execution with { Graph = GraphName(value) ?? execution.Graph }; break;
                case "providers": execution = execution with { Providers = Providers(value) }; break;
                case "intra_op_threads":
                    execution = execution with { IntraOpThreads = (int)(Integer(key, value, 1, 256) ?? 1) };
                    break;
                case "allow_spinning": execution = execution with { AllowSpinning = Flag(key, value) }; break;
                case "warmup_runs":
                    execution = execution with { WarmupRuns = (int)(Integer(key, value, 0, 1000) ?? 0) };
                    break;
                default: Unknown("execution." + key); break;
            }
        }

        return execution;
    }

    private string? GraphName(JsonElement value)
    {
        if (Text("execution.graph", value) is not { } name)
            return null;
        if (ModelFiles.IsGraphName(name))
            return name;
        _errors.Add($"execution.graph: '{name}' is not {ModelFiles.ModelFileName} or a name such as model.fp32.onnx");
        return null;
    }

    private string[] Providers(JsonElement value)
    {
        var providers = Items("execution.providers", value).Select(v => Text("execution.providers", v) ?? "").ToArray();
        foreach (string provider in providers.Where(p => p is not ("cpu" or "cuda" or "tensorrt")))
            _errors.Add($"execution.providers: '{provider}' is not one of cpu, cuda, tensorrt");
        return providers;
    }

    private TelemetryDefinition Telemetry(JsonElement element)
    {
        var telemetry = new TelemetryDefinition();
        foreach (var (key, value) in Members(element, "telemetry"))
        {
            switch (key)
            {
                case "answer": telemetry = telemetry with { Answer = Text("telemetry.answer", value) }; break;
                case "sample_inputs": telemetry = telemetry with { SampleInputs = (int)(Integer("telemetry.sample_inputs", value, 1, 1_000_000_000) ?? 0) }; break;
                default: Unknown("telemetry." + key); break;
            }
        }

        return telemetry;
    }

    private AnswerDefinition Answer(JsonElement element)
    {
        var labels = new Dictionary<string, string>();
        foreach (var (key, value) in Members(element, "answer"))
        {
            if (key != "labels")
            {
                Unknown("answer." + key);
                continue;
            }

            foreach (var (output, file) in Members(value, "answer.labels"))
            {
                if (FileName("answer.labels." + output, file) is { } name)
                    labels[output] = name;
            }
        }

        return new AnswerDefinition { Labels = labels };
    }

    private ReferenceDefinition Reference(JsonElement element)
    {
        var reference = new ReferenceDefinition();
        foreach (var (key, value) in Members(element, "reference"))
        {
            switch (key)
            {
                case "file": reference = reference with { File = FileName("reference.file", value) ?? reference.File }; break;
                case "window": reference = reference with { Window = (int)(Integer("reference.window", value, 0, 1_000_000) ?? reference.Window) }; break;
                case "psi_warn": reference = reference with { PsiWarn = Number("reference.psi_warn", value, 0.001, 100) ?? reference.PsiWarn }; break;
                case "psi_alarm": reference = reference with { PsiAlarm = Number("reference.psi_alarm", value, 0.001, 100) ?? reference.PsiAlarm }; break;
                case "max_features": reference = reference with { MaxFeatures = (int)(Integer("reference.max_features", value, 0, 4096) ?? reference.MaxFeatures) }; break;
                case "output": reference = reference with { Output = Text("reference.output", value) }; break;
                default: Unknown("reference." + key); break;
            }
        }

        if (reference.PsiWarn > reference.PsiAlarm)
            _errors.Add($"reference.psi_warn: must not be above psi_alarm, which is {reference.PsiAlarm.ToString(System.Globalization.CultureInfo.InvariantCulture)}");
        return reference;
    }

    private List<(string Key, JsonElement Value)> Members(JsonElement element, string what)
    {
        var members = new List<(string, JsonElement)>();
        if (element.ValueKind != JsonValueKind.Object)
        {
            _errors.Add($"{what}: must be a JSON object, found {element.ValueKind}");
            return members;
        }

        var seen = new HashSet<string>();
        foreach (var property in element.EnumerateObject())
        {
            if (!seen.Add(property.Name))
                _errors.Add($"{property.Name}: stands twice; keep one");
            else
                members.Add((property.Name, property.Value));
        }

        return members;
    }

    private IEnumerable<JsonElement> Items(string key, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array)
            return value.EnumerateArray();
        _errors.Add($"{key}: must be an array, found {value.ValueKind}");
        return [];
    }

    private string? Text(string key, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
            return value.GetString();
        _errors.Add($"{key}: must be a string, found {value.ValueKind}");
        return null;
    }

    private string? FileName(string key, JsonElement value)
    {
        string? name = Text(key, value);
        if (name is null)
            return null;
        if (name.Length is > 0 and <= 128 && name is not ("." or "..") && name.AsSpan().IndexOfAny('/', '\\', '\0') < 0)
            return name;
        _errors.Add($"{key}: '{name}' must be a plain name beside model.json, without folders");
        return null;
    }

    private bool Flag(string key, JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();
        _errors.Add($"{key}: must be true or false, found {value.ValueKind}");
        return false;
    }

    private long? Integer(string key, JsonElement value, long least, long most)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number >= least && number <= most)
            return number;
        _errors.Add($"{key}: must be a whole number from {least} to {most}, found {value.GetRawText()}");
        return null;
    }

    private double? Number(string key, JsonElement value, double least, double most)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number >= least && number <= most)
            return number;
        _errors.Add(FormattableString.Invariant($"{key}: must be a number from {least} to {most}, found {value.GetRawText()}"));
        return null;
    }

    private void Unknown(string key) =>
        _errors.Add($"{key}: is not a key of model.json; see model.schema.json for those that are");
}
