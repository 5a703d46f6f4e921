using System.Security.Cryptography;
using EdgeServe.Cli.Keys;
using EdgeServe.Engine.Bundles.Signing;
using EdgeServe.Engine.Sync.CarryOut;

namespace EdgeServe.Cli.Outbox;

/// <summary>Head office's private keys, from files, with a passphrase or without.</summary>
internal static class OfficeKeys
{
    /// <exception cref="CarryOutException"><see cref="CarryOutError.KeyUnusable"/>.</exception>
    public static RSA Telemetry(string path, string? passphraseFile)
    {
        string pem = File.ReadAllText(path);
        var key = RSA.Create();
        try
        {
            if (SigningKey.IsEncrypted(pem))
                key.ImportFromEncryptedPem(pem, Passphrase.Given(passphraseFile) ?? Passphrase.Ask(Path.GetFileName(path)));
            else
                key.ImportFromPem(pem);
            // A public half imports as well, and opens nothing.
            key.ExportParameters(includePrivateParameters: true);
            return key;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new CarryOutException(CarryOutError.KeyUnusable, $"{path} is no RSA private key in PEM, or its passphrase is another", "Make one with `edgeserve key generate --rsa FILE`.", e);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    public static SigningKey Acknowledgement(string path, string? passphraseFile)
    {
        string pem = File.ReadAllText(path);
        return SigningKey.FromPem(pem, SigningKey.IsEncrypted(pem) ? Passphrase.Given(passphraseFile) ?? Passphrase.Ask(Path.GetFileName(path)) : null);
    }
}
