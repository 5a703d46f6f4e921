using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EdgeServe.Engine.Jobs.Keys;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// The keys of the jobs in a backup: what restores them on a card that has not this box's wrapping key. A text, one key a line, name and
/// secret in hexadecimal, name 0 for the secret of fingerprints; with a passphrase each secret is nonce, AES-256-GCM and tag.
/// </summary>
/// <param name="keys">Of the box.</param>
/// <param name="seal">Of the passphrase; null: none.</param>
internal sealed class BackupKeys(JobKeys keys, BackupSeal? seal)
{
    private const string Title = "edgeserve-job-keys 1 ";
    private const string PlainTitle = Title + "plain";
    private const string SealedTitle = Title + "pbkdf2-sha256 ";
    private const int SealedBytes = PayloadKey.NonceBytes + PayloadKey.Bytes + PayloadKey.TagBytes;

    /// <summary>In memory and nowhere else.</summary>
    public byte[] Write(IEnumerable<KeyRef> names)
    {
        string title = seal is null ? PlainTitle : string.Create(CultureInfo.InvariantCulture, $"{SealedTitle}{seal.Iterations} {Convert.ToHexStringLower(seal.Salt)}");
        using var text = new MemoryStream();
        text.Write(Encoding.ASCII.GetBytes(title + "\n"));
        using var cipher = seal is null ? null : new AesGcm(seal.Key, PayloadKey.TagBytes);
        foreach (var (name, secret) in keys.Export(names))
        {
            string line = $"{name.Value:x16}";
            text.Write(Encoding.ASCII.GetBytes($"{line} {Convert.ToHexStringLower(cipher is null ? secret : Seal(cipher, secret, line))}\n"));
            CryptographicOperations.ZeroMemory(secret);
        }

        return text.ToArray();
    }

    /// <param name="content">Of <see cref="Write"/>.</param>
    /// <param name="passphrase">Null: none.</param>
    /// <exception cref="InvalidDataException">It is none of ours, or the passphrase is missing or wrong.</exception>
    public static List<(KeyRef Name, byte[] Secret)> Read(byte[] content, string? passphrase)
    {
        string[] lines = Encoding.ASCII.GetString(content).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        using var cipher = Cipher(lines is [var title, ..] ? title : "", passphrase);
        var found = new List<(KeyRef, byte[])>();
        foreach (string line in lines.Skip(1))
        {
            string[] parts = line.Split(' ');
            if (parts.Length != 2 || !long.TryParse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long name) || name < 0)
                throw new InvalidDataException("its list of keys is damaged");
            byte[] secret = parts[1].All(char.IsAsciiHexDigit) && parts[1].Length % 2 == 0 ? Convert.FromHexString(parts[1]) : [];
            if (secret.Length != (cipher is null ? PayloadKey.Bytes : SealedBytes))
                throw new InvalidDataException("its list of keys is damaged");
            found.Add((new KeyRef(name), cipher is null ? secret : Open(cipher, secret, parts[0])));
        }

        return found;
    }

    private static AesGcm? Cipher(string title, string? passphrase)
    {
        if (title == PlainTitle)
            return null;
        string[] parts = title.StartsWith(SealedTitle, StringComparison.Ordinal) ? title[SealedTitle.Length..].Split(' ') : [];
        if (parts.Length != 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int iterations) || !parts[1].All(char.IsAsciiHexDigit) || parts[1].Length % 2 != 0)
            throw new InvalidDataException("its list of keys is of another program");
        if (passphrase is null)
            throw new InvalidDataException("its keys are encrypted: set the passphrase it was made with");
        return new AesGcm(BackupSeal.Of(passphrase, Convert.FromHexString(parts[1]), iterations).Key, PayloadKey.TagBytes);
    }

    private static byte[] Seal(AesGcm cipher, byte[] secret, string name)
    {
        byte[] sealedBytes = new byte[SealedBytes];
        RandomNumberGenerator.Fill(sealedBytes.AsSpan(0, PayloadKey.NonceBytes));
        cipher.Encrypt(sealedBytes.AsSpan(0, PayloadKey.NonceBytes), secret, sealedBytes.AsSpan(PayloadKey.NonceBytes, PayloadKey.Bytes),
            sealedBytes.AsSpan(PayloadKey.NonceBytes + PayloadKey.Bytes), Encoding.ASCII.GetBytes(name));
        return sealedBytes;
    }

    private static byte[] Open(AesGcm cipher, byte[] sealedBytes, string name)
    {
        byte[] secret = new byte[PayloadKey.Bytes];
        try
        {
            cipher.Decrypt(sealedBytes.AsSpan(0, PayloadKey.NonceBytes), sealedBytes.AsSpan(PayloadKey.NonceBytes, PayloadKey.Bytes),
                sealedBytes.AsSpan(PayloadKey.NonceBytes + PayloadKey.Bytes), secret, Encoding.ASCII.GetBytes(name));
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new InvalidDataException("the passphrase is not the one its keys were encrypted with", e);
        }

        return secret;
    }
}
