using System.CommandLine;
using EdgeServe.Engine.Bundles.Signing;

namespace EdgeServe.Cli.Keys;

/// <summary><c>edgeserve key generate</c>: a P-256 pair in PEM that openssl and cosign understand. Never over an existing file.</summary>
internal static class KeyGenerateVerb
{
    private const string PublicSuffix = ".pub";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static Command Create()
    {
        var path = new Argument<string>("FILE") { Description = "The private key; the public one is written beside it as FILE.pub." };
        var file = Passphrase.FileOption();
        var ask = new Option<bool>("--passphrase") { Description = "Encrypt it; the passphrase is asked for unless it is given." };
        return new Command("generate", "Make a signing key.") { path, file, ask }.WithAction((parsed, _) =>
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
            using var key = SigningKey.Generate();
            Write(target, key.ToPem(passphrase), OwnerOnly);
            Write(target + PublicSuffix, key.Public.Pem, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            Console.Out.WriteLine($"Wrote {target}{(passphrase is null ? " (not encrypted: keep it where nobody else reads)" : "")} and {target}{PublicSuffix}.");
            Console.Out.WriteLine($"Fingerprint {key.Public.Fingerprint}");
            return Task.FromResult(ExitCodes.Ok);
        });
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
