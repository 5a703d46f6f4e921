using System.CommandLine;
using EdgeServe.Cli.Tablets;
using EdgeServe.Hosting;
using EdgeServe.Http.Kit;
using EdgeServe.Security.Pairing;

namespace EdgeServe.Cli;

/// <summary><c>edgeserve kit-card</c>: the page for the kit's lid. It reads the settings only; no service need run.</summary>
internal static class KitCardVerb
{
    public static Command Create()
    {
        var file = new Option<string>("--out") { Description = "Where to write the page; - is standard output.", HelpName = "FILE", DefaultValueFactory = _ => "kit-card.html" };
        var address = TabletPairVerb.AddressOption();
        return new Command("kit-card", "Write a card for the kit's lid: what the lights say, how a stick goes, whom to call. To print; nothing on it is secret.") { file, address }.WithConfiguration(async (parsed, configuration, cancellation) =>
        {
            try
            {
                byte[] card = KitCard.Write(configuration.Options, Links(configuration.Options, parsed.GetValue(address)));
                await WriteAsync(parsed.GetValue(file)!, card, cancellation);
                return ExitCodes.Ok;
            }
            catch (PairingException e)
            {
                return Report.Errors([$"{e.Message} ({e.Hint})"], ExitCodes.Usage);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return Report.Errors([e.Message], ExitCodes.Failed);
            }
        });
    }

    /// <summary>A box that serves nobody but itself has no address to print.</summary>
    private static BoxLinks? Links(EdgeServeOptions options, string? address) =>
        options.Server.LanUrls.Length == 0 && address is null ? null : BoxLinks.Of(options, address);

    private static async Task WriteAsync(string path, byte[] card, CancellationToken cancellation)
    {
        if (path == "-")
        {
            await using var output = Console.OpenStandardOutput();
            await output.WriteAsync(card, cancellation);
            return;
        }

        await File.WriteAllBytesAsync(path, card, cancellation);
        await Console.Error.WriteLineAsync($"Wrote {Path.GetFullPath(path)}. Print it for the kit's lid.");
    }
}
