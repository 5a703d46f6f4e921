using System.Text.Json;
using EdgeServe.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Models;

/// <summary>
/// What <c>edgeserve tune</c> found best on this device, a file a model: which graph, how many threads, instances and requests a run. It
/// goes before the model's own definition, which was written for all devices, and before nothing else.
/// </summary>
/// <param name="directory">Where the files are; null: nowhere.</param>
/// <param name="log">Says what applies.</param>
internal sealed partial class DeviceTuning(string? directory, ILogger<DeviceTuning> log)
{
    private const int LargestFile = 1 << 20;

    /// <summary>The file of a model.</summary>
    public static string PathOf(string directory, string model) => Path.Combine(directory, model + ".json");

    /// <summary>The definition as this device runs it. A file that is of another graph or damaged is left aside and said; it never stops a model.</summary>
    public ModelDefinition Apply(ModelFiles files, ModelDefinition definition)
    {
        if (directory is null || PathOf(directory, files.Key.Name) is not { } path || !File.Exists(path))
            return definition;
        try
        {
            using var file = JsonDocument.Parse(Read(path));
            var root = file.RootElement;
            var tuned = ModelDefinitionJson.Read(JsonSerializer.SerializeToUtf8Bytes(root.GetProperty("definition"), DeviceTuningJson.Default.JsonElement), out var errors);
            if (errors.Count > 0)
                throw new InvalidDataException(string.Join("; ", errors));
            var graph = new FileInfo(files.GraphPath(tuned));
            if (!graph.Exists || root.GetProperty("graph_bytes").GetInt64() != graph.Length || root.GetProperty("version").GetInt64() != files.Key.Version)
            {
                Log.OfAnother(log, files.Key.Name, files.Key.Version, path);
                return definition;
            }

            Log.Applied(log, files.Key.Name, files.Key.Version, path);
            return definition with
            {
                Instances = tuned.Instances,
                DynamicBatching = tuned.DynamicBatching,
                Execution = definition.Execution with { Graph = tuned.Execution.Graph, IntraOpThreads = tuned.Execution.IntraOpThreads, AllowSpinning = tuned.Execution.AllowSpinning },
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException or InvalidDataException)
        {
            Log.Unusable(log, path, e.Message);
            return definition;
        }
    }

    private static byte[] Read(string path) => new FileInfo(path).Length <= LargestFile ? File.ReadAllBytes(path) : throw new InvalidDataException("it is too large");

    private static partial class Log
    {
        [LoggerMessage(8340, LogLevel.Information, "{Model} version {Version} runs as tuned on this device: {Path}")]
        public static partial void Applied(ILogger logger, string model, long version, string path);

        [LoggerMessage(8341, LogLevel.Information, "{Path} was measured with another graph than {Model} version {Version} and is left aside: tune it again")]
        public static partial void OfAnother(ILogger logger, string model, long version, string path);

        [LoggerMessage(8342, LogLevel.Warning, "{Path} cannot be used and is left aside: {Reason}")]
        public static partial void Unusable(ILogger logger, string path, string reason);
    }
}
