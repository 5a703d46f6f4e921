using System.Text.Json.Serialization;

namespace EdgeServe.Http;

/// <summary>Serialisers of everything small, made at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
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
[JsonSerializable(typeof(string[]))]
internal sealed partial class WireJson : JsonSerializerContext;
