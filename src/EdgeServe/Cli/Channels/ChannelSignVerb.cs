using System.CommandLine;
using System.Globalization;
using EdgeServe.Cli.Keys;
using EdgeServe.Engine.Bundles.Signing;
using EdgeServe.Engine.Bundles.Transfer;

namespace EdgeServe.Cli.Channels;

/// <summary><c>edgeserve channel sign</c>: adds signatures; those that are there stay.</summary>
internal static class ChannelSignVerb
{
    public static Command Create()
    {
        var layout = new Argument<string>("LAYOUT") { Description = "The layout that has the channel." };
        var name = new Option<string?>("--channel") { Description = "Which; not needed when there is only one.", HelpName = "NAME" };
        var keys = new Option<string[]>("--key") { Description = "Private keys, PEM files.", HelpName = "FILE", Required = true, AllowMultipleArgumentsPerToken = true };
        var reference = new Option<string>("--reference") { Description = "Where it is to be published, for people who read the signature.", HelpName = "REF", DefaultValueFactory = _ => "" };
        var file = Passphrase.FileOption();
        return new Command("sign", "Sign a channel.") { layout, name, keys, reference, file }.WithAction(async (parsed, cancellation) =>
        {
            using var source = Source.Open(parsed.GetValue(layout)!, new());
            if (source.Directory is not { } directory)
                return Report.Errors(["a channel is signed in a layout on this machine; pull it first, push it afterwards"], ExitCodes.Usage);
            var opened = new List<SigningKey>();
            try
            {
                foreach (string key in parsed.GetValue(keys)!)
                {
                    string pem = await File.ReadAllTextAsync(key, cancellation);
                    string? passphrase = Passphrase.Given(parsed.GetValue(file));
                    opened.Add(SigningKey.FromPem(pem, SigningKey.IsEncrypted(pem) ? passphrase ?? Passphrase.Ask(Path.GetFileName(key)) : null));
                }

                string tag = source.TagOr(parsed.GetValue(name));
                var (digest, added, all) = await ChannelSigner.SignAsync(directory, tag, opened, parsed.GetValue(reference)!, cancellation);
                Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{digest}  {added} new, {all} signatures in all"));
                foreach (var key in opened)
                    Console.Out.WriteLine($"  {key.Public.Fingerprint}");
                return ExitCodes.Ok;
            }
            finally
            {
                opened.ForEach(k => k.Dispose());
            }
        });
    }
}
