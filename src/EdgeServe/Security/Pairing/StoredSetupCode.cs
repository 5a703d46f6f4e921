using System.Text.Json;
using EdgeServe.Security.Keys;

namespace EdgeServe.Security.Pairing;

/// <summary>What the box keeps of the code on a setup card: never the code itself.</summary>
/// <param name="Version">Of this form.</param>
/// <param name="Hash">SHA-256 of the code, hexadecimal.</param>
/// <param name="Scope">What the tablet gets that uses it.</param>
/// <param name="State">open, paired, locked or cancelled; expired: taken back after it was used.</param>
/// <param name="Tries">Wrong long codes that came while it was open.</param>
internal sealed record StoredSetupCode(int Version, string Hash, Scope Scope, PairingState State, int Tries)
{
    public const int Current = 1;

    /// <returns>Null when it is not one that this program can read.</returns>
    public static StoredSetupCode? Read(byte[] content)
    {
        try
        {
            return JsonSerializer.Deserialize(content, SetupCodeJson.Default.StoredSetupCode) is { Version: Current, Hash: { } hash } code && KeyHash.TryParse(hash, out _) ? code : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, SetupCodeJson.Default.StoredSetupCode);
}
