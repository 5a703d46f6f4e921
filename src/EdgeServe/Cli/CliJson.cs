using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using EdgeServe.Cli.Bench;
using EdgeServe.Cli.Doctor;
using EdgeServe.Cli.Models;
using EdgeServe.Engine.Models.Golden;

namespace EdgeServe.Cli;

/// <summary>What <c>--json</c> prints.</summary>
[JsonSerializable(typeof(ModelRow[]))]
[JsonSerializable(typeof(ModelDetails))]
[JsonSerializable(typeof(GoldenResult[]))]
[JsonSerializable(typeof(Finding[]))]
[JsonSerializable(typeof(SettingRow[]))]
[JsonSerializable(typeof(BenchRow[]))]
internal sealed partial class CliJson : JsonSerializerContext
{
    public static CliJson Indented { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    });

    public static void Print<T>(T value, JsonTypeInfo<T> type) => Console.Out.WriteLine(JsonSerializer.Serialize(value, type));
}
