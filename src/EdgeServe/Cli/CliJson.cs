using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using EdgeServe.Cli.Bench;
using EdgeServe.Cli.Doctor;
using EdgeServe.Cli.Models;
using EdgeServe.Cli.Tune;
using EdgeServe.Engine.Models.Golden;
using EdgeServe.Http;
using EdgeServe.Http.Jobs;
using EdgeServe.Http.Keys;
using EdgeServe.Http.Operator;
using EdgeServe.Http.Pairing;
using EdgeServe.Http.Sync;
using EdgeServe.Http.Telemetry;
using EdgeServe.Http.Updates;

namespace EdgeServe.Cli;

/// <summary>What <c>--json</c> prints.</summary>
[JsonSerializable(typeof(ModelRow[]))]
[JsonSerializable(typeof(ModelDetails))]
[JsonSerializable(typeof(GoldenResult[]))]
[JsonSerializable(typeof(Finding[]))]
[JsonSerializable(typeof(SettingRow[]))]
[JsonSerializable(typeof(BenchRow[]))]
[JsonSerializable(typeof(TuneFile))]
[JsonSerializable(typeof(JobBody))]
[JsonSerializable(typeof(JobListBody))]
[JsonSerializable(typeof(StatusBody))]
[JsonSerializable(typeof(UpdatesBody))]
[JsonSerializable(typeof(SyncBody))]
[JsonSerializable(typeof(KeyBody))]
[JsonSerializable(typeof(KeyListBody))]
[JsonSerializable(typeof(AddedKeyBody))]
[JsonSerializable(typeof(OpenedPairingBody))]
[JsonSerializable(typeof(DriftBody))]
[JsonSerializable(typeof(OfferBody))]
[JsonSerializable(typeof(UpdateEventBody[]))]
[JsonSerializable(typeof(DeviceBody))]
[JsonSerializable(typeof(MediaBody))]
[JsonSerializable(typeof(EjectedMediaBody))]
internal sealed partial class CliJson : JsonSerializerContext
{
    public static CliJson Indented { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    });

    /// <summary>What the service answers.</summary>
    public static WireJson Wire => WireJson.Default;

    public static void Print<T>(T value, JsonTypeInfo<T> type) => Console.Out.WriteLine(JsonSerializer.Serialize(value, type));
}
