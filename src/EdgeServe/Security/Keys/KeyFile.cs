using System.Text.Json;

namespace EdgeServe.Security.Keys;

/// <summary>The content of <c>device/keys</c>.</summary>
internal sealed record KeyFile(int Version, StoredKey[] Keys)
{
    public const int Current = 1;

    /// <returns>Null when it is not one that this program can read.</returns>
    public static StoredKey[]? Read(byte[] content)
    {
        try
        {
            return JsonSerializer.Deserialize(content, KeyFileJson.Default.KeyFile) is { Version: Current, Keys: { } keys } && Array.TrueForAll(keys, IsWhole) ? keys : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static byte[] Write(StoredKey[] keys) => JsonSerializer.SerializeToUtf8Bytes(new KeyFile(Current, keys), KeyFileJson.Default.KeyFile);

    private static bool IsWhole(StoredKey? key) =>
        key is { Id.Length: > 0, Name: not null, Scope: Scope.Infer or Scope.Operate or Scope.Admin, Hash: { } hash } && KeyHash.TryParse(hash, out _);
}
