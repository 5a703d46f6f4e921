using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeServe.Engine.Inference;

namespace EdgeServe.Engine.Models;

/// <summary>
/// The <c>config</c> of a load request: our definition's keys, and those of Triton's model configuration that mean something
/// here. Keys that only restate what the graph says are taken and dropped.
/// </summary>
public static class ModelDefinitionOverride
{
    private static readonly string[] Restating = ["name", "platform", "backend", "input", "output", "parameters", "version_policy", "instance_group", "optimization", "model_warmup"];

    /// <param name="model">For messages.</param>
    /// <param name="utf8">The configuration's JSON.</param>
    /// <param name="policy">Set when the configuration has a version policy.</param>
    /// <exception cref="ServingException">All errors at once.</exception>
    public static ModelDefinition Read(string model, ReadOnlyMemory<byte> utf8, out VersionPolicy? policy)
    {
        JsonObject root;
        try
        {
            root = JsonNode.Parse(utf8.Span) as JsonObject ?? throw new JsonException("expected an object");
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw ServingException.Invalid($"failed to load '{model}', config is not valid JSON: {e.Message}");
        }

        policy = Policy(model, root["version_policy"]);
        if (root["instance_group"] is JsonArray { Count: > 0 } groups && groups[0]?["count"] is { } count)
            root["instances"] = count.DeepClone();
        if (root["default_model_filename"] is { } graph)
        {
            root.Remove("default_model_filename");
            root["execution"] ??= new JsonObject();
            // Triton's own configurations have an empty one where the name goes without saying.
            if (graph.ToString().Length > 0 && root["execution"] is JsonObject execution)
                execution["graph"] ??= graph.DeepClone();
        }

        foreach (string key in Restating)
            root.Remove(key);
        var definition = ModelDefinitionJson.Read(System.Text.Encoding.UTF8.GetBytes(root.ToJsonString()), out var errors);
        return errors.Count == 0 ? definition : throw ServingException.Invalid($"failed to load '{model}', config: {string.Join("; ", errors)}");
    }

    private static VersionPolicy? Policy(string model, JsonNode? node)
    {
        if (node is null)
            return null;
        string text = node switch
        {
            JsonObject o when o["all"] is not null => "all",
            JsonObject o when o["latest"] is { } latest => $"latest:{latest["num_versions"]?.ToString() ?? "1"}",
            JsonObject o when o["specific"]?["versions"] is JsonArray versions => $"specific:{string.Join(',', versions.Select(v => v?.ToString()))}",
            _ => node.ToString(),
        };
        return VersionPolicy.TryParse(text, out var policy)
            ? policy
            : throw ServingException.Invalid($"failed to load '{model}', config: version_policy '{text}' is not all, latest or specific");
    }
}
