using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using EdgeServe.Http.Jobs;
using EdgeServe.Http.Keys;
using EdgeServe.Http.Operator;
using EdgeServe.Http.Pairing;
using EdgeServe.Http.Sync;
using EdgeServe.Http.Telemetry;
using EdgeServe.Http.Updates;

namespace EdgeServe.Http;

/// <summary>Serialisers of everything small, made at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(LiveBody))]
[JsonSerializable(typeof(ReadyBody))]
[JsonSerializable(typeof(ModelReadyBody))]
[JsonSerializable(typeof(ServerBody))]
[JsonSerializable(typeof(ModelsBody))]
[JsonSerializable(typeof(ModelBody))]
[JsonSerializable(typeof(IndexEntry[]))]
[JsonSerializable(typeof(StatsBody))]
[JsonSerializable(typeof(ModelConfigBody))]
[JsonSerializable(typeof(JobBody))]
[JsonSerializable(typeof(JobListBody))]
[JsonSerializable(typeof(StatusBody))]
[JsonSerializable(typeof(AuditBody))]
[JsonSerializable(typeof(DeviceBody))]
[JsonSerializable(typeof(MediaBody))]
[JsonSerializable(typeof(EjectedMediaBody))]
[JsonSerializable(typeof(UpdatesBody))]
[JsonSerializable(typeof(SyncBody))]
[JsonSerializable(typeof(KeyBody))]
[JsonSerializable(typeof(KeyListBody))]
[JsonSerializable(typeof(AddedKeyBody))]
[JsonSerializable(typeof(NewKeyBody))]
[JsonSerializable(typeof(RenameBody))]
[JsonSerializable(typeof(NewPairingBody))]
[JsonSerializable(typeof(OpenedPairingBody))]
[JsonSerializable(typeof(PairingBody))]
[JsonSerializable(typeof(PairingListBody))]
[JsonSerializable(typeof(NewSetupCardBody))]
[JsonSerializable(typeof(PairBody))]
[JsonSerializable(typeof(PairedBody))]
[JsonSerializable(typeof(NewClockBody))]
[JsonSerializable(typeof(SetClockBody))]
[JsonSerializable(typeof(DriftBody))]
[JsonSerializable(typeof(SeriesBody))]
[JsonSerializable(typeof(OfferBody))]
[JsonSerializable(typeof(InstallBody))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(string))]
internal sealed partial class WireJson : JsonSerializerContext
{
    private const int MostKeptBytes = 64 << 10;

    // Quotes stay quotes: clients and scripts match error texts byte by byte. The writer's encoder and not the serialisers':
    // with one of theirs the code made at build time would not be used for writing.
    private static readonly JsonWriterOptions Quotes = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;
    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    /// <summary>A body as it goes over the wire.</summary>
    public static byte[] ToUtf8<T>(T body, JsonTypeInfo<T> type)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>();
        var writer = _writer ??= new Utf8JsonWriter(buffer, Quotes);
        try
        {
            JsonSerializer.Serialize(writer, body, type);
            return buffer.WrittenSpan.ToArray();
        }
        finally
        {
            buffer.ResetWrittenCount();
            writer.Reset();
            if (buffer.Capacity > MostKeptBytes)
                (_buffer, _writer) = (null, null);
        }
    }
}
