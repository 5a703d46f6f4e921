using System.Text.Json.Serialization;

namespace EdgeServe.Security.Keys;

/// <summary>Serialiser of the key file, made at build time.</summary>
[JsonSerializable(typeof(KeyFile))]
[JsonSourceGenerationOptions(UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class KeyFileJson : JsonSerializerContext;
