using System.Text.Json.Serialization;

namespace EdgeServe.Security.Pairing;

/// <summary>Serialiser of the setup code's file, made at build time.</summary>
[JsonSerializable(typeof(StoredSetupCode))]
[JsonSourceGenerationOptions(UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class SetupCodeJson : JsonSerializerContext;
