using System.Text.Json.Serialization;

namespace EdgeServe.Engine.Updates;

/// <summary>The journal's bytes.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true,
    Converters = [typeof(DigestConverter)])]
[JsonSerializable(typeof(JournalState))]
internal sealed partial class JournalJson : JsonSerializerContext;
