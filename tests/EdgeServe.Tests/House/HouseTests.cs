using System.Text.Json;
using System.Text.RegularExpressions;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Storage;
using EdgeServe.Hosting;
using EdgeServe.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace EdgeServe.Tests.House;

/// <summary>What holds the code together: directions between folders, published descriptions that match the code.</summary>
public sealed partial class HouseTests
{
    private static readonly string Source = Path.Combine(FindRoot(), "src");

    /// <summary>Folder of the engine to the folders it may name.</summary>
    private static readonly Dictionary<string, string[]> Directions = new()
    {
        ["Storage"] = [],
        ["Device"] = ["Storage"],
        ["Device/Governor"] = ["Inference", "Models", "Storage"],
        ["Device/Lights"] = ["Storage"],
        ["Audit"] = ["Device", "Storage"],
        ["Bundles"] = ["Storage"],
        ["Bundles/Channels"] = ["Bundles", "Models"],
        ["Bundles/Packing"] = ["Bundles", "Bundles.Channels", "Bundles.Layout", "Models"],
        ["Bundles/Transfer"] = ["Bundles", "Bundles.Channels", "Bundles.Layout", "Bundles.Packing", "Bundles.Signing"],
        ["Bundles/Signing"] = ["Bundles"],
        ["Bundles/Layout"] = ["Bundles", "Bundles.Signing", "Storage"],
        ["Updates"] = ["Bundles", "Bundles.Channels", "Bundles.Packing", "Bundles.Registry", "Bundles.Signing", "Bundles.Store", "Device", "Inference", "Models", "Models.Golden", "Storage", "Updates.Enrolment", "Updates.Programs"],
        ["Updates/Programs"] = ["Bundles", "Bundles.Channels", "Bundles.Layout", "Bundles.Packing", "Bundles.Signing", "Bundles.Store", "Storage", "Updates.Enrolment", "Updates.Sticks"],
        ["Updates/Enrolment"] = ["Bundles", "Device", "Storage"],
        ["Updates/Sticks"] = ["Audit", "Bundles", "Bundles.Layout", "Device", "Storage", "Updates", "Updates.Enrolment"],
        ["Bundles/Store"] = ["Storage"],
        ["Bundles/Registry"] = ["Storage"],
        ["Jobs"] = ["Device", "Device.Governor", "Inference", "Inference.Oip", "Jobs.Keys", "Models", "Storage"],
        ["Jobs/Keys"] = ["Storage"],
        ["Telemetry"] = ["Device", "Models", "Telemetry.Outbox"],
        ["Telemetry/Drift"] = ["Inference", "Inference.Oip", "Models", "Storage"],
        ["Telemetry/Series"] = ["Device", "Storage"],
        ["Sync"] = ["Bundles.Registry", "Device", "Storage", "Telemetry.Outbox"],
        ["Sync/CarryOut"] = ["Audit", "Bundles", "Bundles.Layout", "Bundles.Signing", "Device", "Storage", "Telemetry.Outbox", "Updates", "Updates.Enrolment", "Updates.Sticks"],
        ["Telemetry/Outbox"] = ["Audit", "Device", "Storage"],
        ["Telemetry/Samples"] = ["Device", "Inference", "Models", "Storage", "Telemetry.Outbox", "Telemetry.Records", "Updates", "Updates.Enrolment"],
        ["Telemetry/Records"] = ["Device", "Inference", "Jobs", "Models", "Telemetry.Outbox"],
        ["Sessions"] = ["Inference", "Models", "Storage"],
        ["Models"] = ["Inference", "Inference.Oip", "Sessions", "Storage"],
        ["Models/Golden"] = ["Inference", "Inference.Oip", "Models"],
        ["Inference"] = ["Models", "Sessions"],
        ["Inference/Oip"] = ["Inference", "Models"],
    };

    [Fact]
    public void The_engine_does_not_know_the_shell() =>
        Assert.DoesNotContain(typeof(ModelCatalog).Assembly.GetReferencedAssemblies(), a => a.Name!.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) || a.Name == "edgeserve");

    [Fact]
    public void Only_sessions_names_the_inference_library() =>
        Assert.Equal(["EdgeServe.Engine/Sessions"], Files().Where(f => UsesOf(f).Any(u => u.StartsWith("Microsoft.ML", StringComparison.Ordinal))).Select(FolderOf).Distinct());

    [Fact]
    public void Folders_of_the_engine_name_only_those_they_may()
    {
        foreach (string file in Files().Where(f => FolderOf(f).StartsWith("EdgeServe.Engine/", StringComparison.Ordinal)))
        {
            string folder = FolderOf(file)["EdgeServe.Engine/".Length..];
            var used = UsesOf(file).Where(u => u.StartsWith("EdgeServe.Engine.", StringComparison.Ordinal)).Select(u => u["EdgeServe.Engine.".Length..]);
            Assert.All(used, u => Assert.Contains(u, Directions[folder]));
        }
    }

    [Fact]
    public void Namespace_is_folder()
    {
        foreach (string file in Files().Where(f => FolderOf(f).Contains('/', StringComparison.Ordinal)))
        {
            string expected = FolderOf(file).Replace('/', '.');
            Assert.True(File.ReadLines(file).Contains($"namespace {expected};"), $"{file} is not in namespace {expected}");
        }
    }

    [Fact]
    public void No_folder_is_called_after_nothing() =>
        Assert.DoesNotContain(Files().SelectMany(f => FolderOf(f).Split('/')), f => f is "Common" or "Utils" or "Helpers" or "Shared" or "Services" or "Managers");

    [Fact]
    public void Every_setting_is_in_the_schema_and_the_other_way_round()
    {
        var schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(Source, "EdgeServe", "Hosting", "appsettings.schema.json"))).RootElement.GetProperty("properties");
        var keys = new List<string>();
        foreach (var section in schema.EnumerateObject().Where(s => s.Name is not "$schema" and not "Logging"))
        {
            bool byName = !section.Value.TryGetProperty("properties", out var properties);
            if (byName)
                properties = section.Value.GetProperty("additionalProperties").GetProperty("properties");
            keys.AddRange(properties.EnumerateObject().Select(p => byName ? $"{section.Name}:*:{p.Name}" : $"{section.Name}:{p.Name}"));
        }

        Assert.Equal(ConfigurationKeys.All.Order(StringComparer.Ordinal), keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Defaults_in_the_schema_are_those_in_force()
    {
        var schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(Source, "EdgeServe", "Hosting", "appsettings.schema.json"))).RootElement.GetProperty("properties");
        var options = new EdgeServeOptions();
        foreach (var (key, value) in EffectiveValues.All.Where(v => !v.Key.Contains('*', StringComparison.Ordinal)))
        {
            string[] parts = key.Split(':');
            var published = schema.GetProperty(parts[0]).GetProperty("properties").GetProperty(parts[1]).GetProperty("default");
            string text = published.ValueKind == JsonValueKind.String ? published.GetString()! : published.GetRawText();
            Assert.True(value(options) == (text == "[]" ? "" : text), $"{key}: {value(options)} in force, {text} in the schema");
        }
    }

    [Fact]
    public void Every_key_of_the_model_schema_is_read_and_no_other()
    {
        var schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(Source, "EdgeServe.Engine", "Models", "model.schema.json"))).RootElement;
        var keys = Keys(schema.GetProperty("properties"), "").ToList();
        foreach (string key in keys)
        {
            ModelDefinitionJson.Read(System.Text.Encoding.UTF8.GetBytes(Nested(key)), out var errors);
            Assert.DoesNotContain(errors, e => e.Contains("is not a key", StringComparison.Ordinal));
        }

        string reader = File.ReadAllText(Path.Combine(Source, "EdgeServe.Engine", "Models", "ModelDefinitionJson.cs"));
        var read = CaseKey().Matches(reader).Select(m => m.Groups[1].Value).Append("labels").Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(read, keys.Select(k => k.Split('.')[^1]).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_api_description_has_exactly_the_routes_there_are()
    {
        Assert.True(EffectiveConfiguration.TryLoad(null, new Dictionary<string, string?> { ["Repository:Path"] = Source }, out var configuration, out _));
        using var data = new DataDirectory(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()));
        using var app = Server.Build(configuration, data) as IDisposable;
        var routes = ((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(e => !e.RoutePattern.RawText!.Contains("inference.GRPC", StringComparison.Ordinal) && !e.RoutePattern.RawText.Contains("grpc.", StringComparison.Ordinal) && !e.RoutePattern.RawText.Contains("{unimplemented", StringComparison.Ordinal))
            .SelectMany(e => Methods(e).Select(m => $"{m} /{e.RoutePattern.RawText!.Trim('/')}"));
        using var document = JsonDocument.Parse(OpenApiEndpoint.Open());
        var described = document.RootElement.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Select(m => $"{m.Name} {p.Name}"));
        Assert.Equal(described.Order(StringComparer.Ordinal), routes.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Event_ids_are_documented_and_unique()
    {
        var used = Files().SelectMany(f => EventId().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value)).ToArray();
        Assert.Equal(used.Distinct(), used);
        string documented = File.ReadAllText(Path.Combine(Source, "EdgeServe.Engine", "README.md"));
        Assert.All(used, id => Assert.Contains($"| {id} |", documented, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Methods(RouteEndpoint endpoint)
    {
        var methods = endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Routing.IHttpMethodMetadata>()?.HttpMethods ?? ["GET"];
        return methods.Where(m => m != "HEAD").Select(m => m.ToLowerInvariant());
    }

    private static IEnumerable<string> Keys(JsonElement properties, string prefix)
    {
        foreach (var property in properties.EnumerateObject())
        {
            yield return prefix + property.Name;
            if (property.Value.TryGetProperty("properties", out var inner))
            {
                foreach (string key in Keys(inner, prefix + property.Name + "."))
                    yield return key;
            }
        }
    }

    private static string Nested(string key) => key.Split('.').Reverse().Aggregate("null", (inner, name) => $"{{\"{name}\":{inner}}}");

    private static string[] Files() => [.. Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories)
        .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))];

    private static string FolderOf(string file) => Path.GetDirectoryName(Path.GetRelativePath(Source, file))!;

    private static IEnumerable<string> UsesOf(string file) => File.ReadLines(file).Select(l => Using().Match(l)).Where(m => m.Success).Select(m => m.Groups[1].Value);

    private static string FindRoot()
    {
        string directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "EdgeServe.sln")))
            directory = Path.GetDirectoryName(directory)!;
        return directory;
    }

    [GeneratedRegex(@"^using (?:static )?([\w.]+);")]
    private static partial Regex Using();

    [GeneratedRegex(@"LoggerMessage\((\d+)")]
    private static partial Regex EventId();

    [GeneratedRegex("case \"([a-z_]+)\"")]
    private static partial Regex CaseKey();
}
