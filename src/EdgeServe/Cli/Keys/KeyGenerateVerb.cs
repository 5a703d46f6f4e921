using System.CommandLine;
using System.Security.Cryptography;
using EdgeServe.Engine.Bundles.Signing;

namespace EdgeServe.Cli.Keys;

/// <summary><c>edgeserve key generate</c>: a pair in PEM that openssl understands, P-256 to sign (cosign too) or RSA-3072 to decrypt telemetry with. Never over an existing file.</summary>
internal static class KeyGenerateVerb
{
    private const string PublicSuffix = ".pub";
    private const int RsaBits = 3072;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static Command Create()
    {
        var path = new Argument<string>("FILE") { Description = "The private key; the public one is written beside it as FILE.pub." };
        var file = Passphrase.FileOption();
        var ask = new Option<bool>("--passphrase") { Description = "Encrypt it; the passphrase is asked for unless it is given." };
        var rsa = new Option<bool>("--rsa") { Description = "An RSA key that telemetry on sticks is encrypted to, instead of one that signs." };
        return new Command("generate", "Make a key: to sign, or with --rsa to decrypt telemetry from sticks.") { path, rsa, file, ask }.WithAction((parsed, _) =>
        {
            string target = Path.GetFullPath(parsed.GetValue(path)!);
            foreach (string one in (string[])[target, target + PublicSuffix])
            {
                if (File.Exists(one))
                    return Task.FromResult(Report.Errors([$"{one} exists; a key is never overwritten"], ExitCodes.Usage));
            }

            string? passphrase = Passphrase.Given(parsed.GetValue(file)) ?? (parsed.GetValue(ask) ? Passphrase.Ask(Path.GetFileName(target)) : null);
            if (passphrase?.Length == 0)
                return Task.FromResult(Report.Errors(["the passphrase is empty"], ExitCodes.Usage));
            var (secret, open, fingerprint) = parsed.GetValue(rsa) ? Rsa(passphrase) : Signing(passphrase);
            Write(target, secret, OwnerOnly);
            Write(target + PublicSuffix, open, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            Console.Out.WriteLine($"Wrote {target}{(passphrase is null ? " (not encrypted: keep it where nobody else reads)" : "")} and {target}{PublicSuffix}.");
            Console.Out.WriteLine($"Fingerprint {fingerprint}");
            return Task.FromResult(ExitCodes.Ok);
        });
    }

    private static (string Secret, string Public, string Fingerprint) Signing(string? passphrase)
    {
        using var key = SigningKey.Generate();
        return (key.ToPem(passphrase), key.Public.Pem, key.Public.Fingerprint);
    }

    private static (string Secret, string Public, string Fingerprint) Rsa(string? passphrase)
    {
        using var key = RSA.Create(RsaBits);
        string secret = passphrase is null ? key.ExportPkcs8PrivateKeyPem() : key.ExportEncryptedPkcs8PrivateKeyPem(passphrase, SigningKey.Encryption);
        return (secret, key.ExportSubjectPublicKeyInfoPem(), Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo())));
    }

    private static void Write(string path, string pem, UnixFileMode mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = mode;
        using var writer = new StreamWriter(path, options);
        writer.Write(pem.TrimEnd() + "\n");
    }
}
