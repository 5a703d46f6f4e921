using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeServe.Http.Jobs;
using EdgeServe.Http.Keys;
using EdgeServe.Http.Operator;
using EdgeServe.Http.Pairing;
using EdgeServe.Http.Sync;
using EdgeServe.Http.Telemetry;
using EdgeServe.Http.Updates;

namespace EdgeServe.Http;

/// <summary>Serialisers of everything small, made at build time.</summary>
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
    /// <summary>Quotes stay quotes: clients and scripts match error texts byte by byte.</summary>
    public static WireJson Plain { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
