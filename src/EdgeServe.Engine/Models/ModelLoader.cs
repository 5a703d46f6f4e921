using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Sessions;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Models;

/// <summary>Turns a version's files into a <see cref="ServedModel"/>: definition, graph, labels, warm-up. All errors at once.</summary>
internal sealed partial class ModelLoader(
    ISessionFactory sessions, TensorMemoryPool pool, SchedulerOptions scheduling, TimeProvider time, ILogger<ModelLoader> log)
{
    /// <summary>What was measured on this device.</summary>
    public DeviceTuning? Tuning { get; init; }

    // Resident growth at its peak while seven models of 0.3 to 59 MiB were loaded, one after the other, the optimised graph
    // being made: six of them within this, one with loops and branches 3 MiB beyond (MemoryBudget leaves more than that).
    private const int Factor = 3;
    private const long OverheadBytes = 8L << 20;
    private const int DerivedMaxBatchSize = 1024;

    /// <param name="files">Where the version is.</param>
    /// <param name="statistics">Counters of this version, kept over reloads.</param>
    /// <param name="replacement">A definition to use instead of the file's.</param>
    /// <exception cref="ServingException"><see cref="ServingError.LoadFailed"/> listing every error found.</exception>
    public ServedModel Load(ModelFiles files, ModelStatistics statistics, ModelDefinition? replacement = null)
    {
        long start = time.GetTimestamp();
        var errors = new List<string>();
        var definition = replacement ?? Tuned(files, ReadDefinition(files, errors));
        string graph = files.GraphPath(definition);
        CheckGraph(files, definition, errors);
        if (errors.Count > 0)
            throw Failed(files, errors);
        var session = sessions.Open(graph, definition.Execution);
        try
        {
            int maxBatchSize = MaxBatchSize(definition, session.Signature, errors);
            var labels = ReadLabels(files, definition, session.Signature, errors);
            if (errors.Count > 0)
                throw Failed(files, errors);
            var scheduler = new ModelScheduler(session, definition, maxBatchSize, scheduling, statistics, pool, time);
            var model = new ServedModel(files.Key, definition, maxBatchSize, session, scheduler, statistics, labels, EstimateBytes(files, definition), graph);
            Warmup.Run(session, definition.Execution.WarmupRuns, pool);
            Log.Loaded(log, files.Key.Name, files.Key.Version, session.Provider, (long)time.GetElapsedTime(start).TotalMilliseconds);
            return model;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>What loading this version would count against the memory budget.</summary>
    public static long EstimateBytes(ModelFiles files, ModelDefinition definition) =>
        definition.MemoryEstimateBytes ?? (GraphBytes(files.GraphPath(definition)) * Factor) + OverheadBytes;

    /// <summary>Adds an error when the graph that the definition wants is not there, or keeps weights where it must not.</summary>
    public static void CheckGraph(ModelFiles files, ModelDefinition definition, List<string> errors)
    {
        string graph = files.GraphPath(definition);
        if (File.Exists(graph))
            ExternalData.Check(graph, errors);
        else
            errors.Add($"{ModelFiles.DefinitionFileName}: execution.graph is {definition.Execution.Graph}, which is not beside it");
    }

    private static long GraphBytes(string path) => File.Exists(path) ? new FileInfo(path).Length + ExternalData.Bytes(path) : 0;

    public static ModelDefinition ReadDefinition(ModelFiles files, List<string> errors)
    {
        if (!File.Exists(files.DefinitionPath))
            return new ModelDefinition();
        var definition = ModelDefinitionJson.Read(File.ReadAllBytes(files.DefinitionPath), out var found);
        errors.AddRange(found.Select(e => $"{ModelFiles.DefinitionFileName}: {e}"));
        return definition;
    }

    private ModelDefinition Tuned(ModelFiles files, ModelDefinition definition) => Tuning?.Apply(files, definition) ?? definition;

    private static int MaxBatchSize(ModelDefinition definition, ModelSignature signature, List<string> errors)
    {
        int size = definition.MaxBatchSize ?? (signature.HasDynamicFirstDimension ? DerivedMaxBatchSize : 0);
        if (size > 0 && !signature.HasDynamicFirstDimension)
        {
            errors.Add($"{ModelFiles.DefinitionFileName}: max_batch_size is {size}, but not every input and output of the graph has a dynamic first dimension; "
                + "set it to 0 or export the model with a batch dimension");
        }

        return size;
    }

    private static Dictionary<string, string[]> ReadLabels(ModelFiles files, ModelDefinition definition, ModelSignature signature, List<string> errors)
    {
        var labels = new Dictionary<string, string[]>();
        foreach (var (output, file) in definition.Answer.Labels)
        {
            string path = Path.Combine(files.Directory, file);
            int index = signature.IndexOfOutput(output);
            if (index < 0)
            {
                errors.Add($"{ModelFiles.DefinitionFileName}: answer.labels names output '{output}', but the graph has {string.Join(", ", signature.OutputNames)}");
            }
            else if (!File.Exists(path))
            {
                errors.Add($"{file}: not found beside {ModelFiles.DefinitionFileName}");
            }
            else
            {
                string[] lines = File.ReadAllLines(path);
                long classes = signature.Outputs[index].Shape is [.., var last] ? last : -1;
                if (classes >= 0 && lines.Length != classes)
                    errors.Add($"{file}: has {lines.Length} lines, but output '{output}' has {classes} classes; write one label a line");
                labels[output] = lines;
            }
        }

        return labels;
    }

    private static ServingException Failed(ModelFiles files, List<string> errors) =>
        new(ServingError.LoadFailed, string.Join("; ", errors), $"Mend the files in {files.Directory} and load the model again.");

    private static partial class Log
    {
        [LoggerMessage(1001, LogLevel.Information, "Loaded {Model} version {Version} on {Provider} in {Milliseconds} ms")]
        public static partial void Loaded(ILogger logger, string model, long version, string provider, long milliseconds);
    }
}
