using System.CommandLine;
using EdgeServe.Engine.Storage;
using EdgeServe.Hosting;
using EdgeServe.Http.Pairing;
using EdgeServe.Security.Keys;
using EdgeServe.Security.Pairing;

namespace EdgeServe.Cli.Tablets;

/// <summary><c>edgeserve setup-card</c>: a page to print, by which one tablet gets into a box that has no screen.</summary>
internal static class SetupCardVerb
{
    public static Command Create()
    {
        var file = new Option<string>("--out") { Description = "Where to write the page; - is standard output.", HelpName = "FILE", DefaultValueFactory = _ => "setup-card.html" };
        var scope = new Option<string>("--scope") { Description = "What the tablet may do; the first one should be able to let others in.", DefaultValueFactory = _ => "admin" };
        scope.AcceptOnlyFromAmong("infer", "operate", "admin");
        var address = TabletPairVerb.AddressOption();
        return new Command("setup-card", "Write a card with a code that is good once, until it is used or replaced. To print.") { file, scope, address }.WithService(async (parsed, configuration, service, cancellation) =>
        {
            try
            {
                var wish = new NewSetupCardBody(parsed.GetValue(scope), parsed.GetValue(address));
                byte[] card;
                if (DataDirectory.OwnerOf(configuration.Options.Server.DataDirectory) is null)
                {
                    card = SetupCardFiles.Make(configuration.Options, wish);
                }
                else
                {
                    using var body = KeyVerbs.Json(wish, CliJson.Wire.NewSetupCardBody);
                    using var answer = await service.SendAsync(HttpMethod.Post, "/edge/v1/setup-card", cancellation, body);
                    card = await answer.Content.ReadAsByteArrayAsync(cancellation);
                }

                Write(parsed.GetValue(file)!, card);
                return ExitCodes.Ok;
            }
            catch (PairingException e)
            {
                return Report.Errors([$"{e.Message} ({e.Hint})"], ExitCodes.Usage);
            }
            catch (KeyException e)
            {
                return Report.Errors([$"{e.Message} ({e.Hint})"], ExitCodes.Usage);
            }
            catch (ServiceException e) when (e.Code is nameof(PairingError.NotServed) or nameof(PairingError.InvalidPairing))
            {
                return Report.Errors([$"{e.Message} ({e.Hint})"], ExitCodes.Usage);
            }
            catch (StorageException e)
            {
                return Report.Errors([e.Hint is null ? e.Message : $"{e.Message} ({e.Hint})"], ExitCodes.Failed);
            }
        });
    }

    private static void Write(string path, byte[] card)
    {
        if (path == "-")
        {
            using var output = Console.OpenStandardOutput();
            output.Write(card);
            return;
        }

        // Whoever reads it may use it: nobody but the owner, from the first byte on.
        string whole = Path.GetFullPath(path);
        File.Delete(whole);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(whole, options))
            stream.Write(card);
        Console.Error.WriteLine($"Wrote {whole}. Print it and delete the file: its code is good once; a card printed before is good no longer.");
    }
}
