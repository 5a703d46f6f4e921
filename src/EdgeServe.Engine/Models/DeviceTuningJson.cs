using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeServe.Engine.Models;

[JsonSerializable(typeof(JsonElement))]
internal sealed partial class DeviceTuningJson : JsonSerializerContext;
