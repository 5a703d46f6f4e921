using System.Globalization;
using System.Security.Cryptography;

namespace EdgeServe.Engine.Jobs;

/// <summary>Encrypts the keys of jobs in a backup by a passphrase (PBKDF2-HMAC-SHA256, then AES-256-GCM key by key).</summary>
/// <param name="Key">Of the passphrase, 32 bytes.</param>
/// <param name="Salt">It was derived with.</param>
/// <param name="Iterations">It was derived in.</param>
public sealed record BackupSeal(byte[] Key, byte[] Salt, int Iterations)
{
    /// <summary>Carries one to the service, over the control socket only.</summary>
    public const string HeaderName = "Edge-Backup-Seal";
    private const int Rounds = 600_000;
    private const int MostRounds = 10_000_000;
    private const int KeyBytes = 32;
    private const int SaltBytes = 16;

    public static BackupSeal Of(string passphrase) => Of(passphrase, RandomNumberGenerator.GetBytes(SaltBytes), Rounds);

    /// <exception cref="InvalidDataException">More rounds than anybody needs.</exception>
    public static BackupSeal Of(string passphrase, byte[] salt, int iterations) => iterations is > 0 and <= MostRounds
        ? new BackupSeal(Rfc2898DeriveBytes.Pbkdf2(passphrase, salt, iterations, HashAlgorithmName.SHA256, KeyBytes), salt, iterations)
        : throw new InvalidDataException($"its keys want {iterations} rounds");

    public string ToHeader() => string.Create(CultureInfo.InvariantCulture, $"{Iterations}:{Convert.ToHexStringLower(Salt)}:{Convert.ToHexStringLower(Key)}");

    /// <returns>Null when it is none.</returns>
    public static BackupSeal? FromHeader(string header)
    {
        string[] parts = header.Split(':');
        try
        {
            return parts.Length == 3 && Convert.FromHexString(parts[2]) is { Length: KeyBytes } key
                ? new BackupSeal(key, Convert.FromHexString(parts[1]), int.Parse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture))
                : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
