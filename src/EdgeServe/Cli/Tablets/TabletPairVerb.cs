using System.CommandLine;
using System.Globalization;
using EdgeServe.Http.Pages;
using EdgeServe.Http.Pairing;
using EdgeServe.Security.Keys;
using EdgeServe.Security.Pairing;
using Spectre.Console;

namespace EdgeServe.Cli.Tablets;

/// <summary><c>edgeserve tablet pair</c>: shows a code and waits until a tablet has used it.</summary>
internal static class TabletPairVerb
{
    private const int WaitSeconds = 30;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var name = new Option<string?>("--name") { Description = "Name of its key; none: what the tablet calls itself." };
        var scope = new Option<string>("--scope") { Description = "What it may do; each includes those before it.", DefaultValueFactory = _ => "infer" };
        scope.AcceptOnlyFromAmong("infer", "operate", "admin");
        var models = new Option<string[]>("--model") { Description = "The only models it may use; again for each. None: all.", DefaultValueFactory = _ => [] };
        var address = AddressOption();
        var json = new Option<bool>("--json") { Description = "Print the code and what belongs to it as JSON, and do not wait." };
        return new Command("pair", "Show a code that turns one tablet's browser into a client, and wait for it.") { name, scope, models, address, json }.WithService(async (parsed, service, cancellation) =>
        {
            OpenedPairingBody opened;
            using var body = KeyVerbs.Json(new NewPairingBody(parsed.GetValue(name), parsed.GetValue(scope), parsed.GetValue(models), parsed.GetValue(address)), CliJson.Wire.NewPairingBody);
            try
            {
                opened = await service.ReadAsync(HttpMethod.Post, "/edge/v1/pairings", CliJson.Wire.OpenedPairingBody, cancellation, body);
            }
            catch (ServiceException e) when (e.Code is nameof(KeyError.InvalidKey) or nameof(PairingError.InvalidPairing) or nameof(PairingError.NotServed))
            {
                return Report.Errors([$"{e.Message} ({e.Hint})"], ExitCodes.Usage);
            }

            if (parsed.GetValue(json))
            {
                CliJson.Print(opened, CliJson.Indented.OpenedPairingBody);
                return ExitCodes.Ok;
            }

            Print(opened);
            return await WaitAsync(service, opened.Kept, cancellation);
        });
    }

    public static Option<string?> AddressOption() =>
        new("--address") { Description = "Name or address by which tablets find this box; none: its name under .local.", HelpName = "HOST" };

    private static void Print(OpenedPairingBody opened)
    {
        var text = Console.Out;
        if (opened.TrustUrl is { } trust)
        {
            text.WriteLine($"1  On a tablet that does not trust this box yet, open {trust}");
            if (opened.Fingerprint is { } fingerprint)
                text.WriteLine($"   and compare the fingerprint: {fingerprint}");
            text.WriteLine("2  Then scan this, or open the page and type the code:");
        }

        text.WriteLine();
        text.Write(QrPicture.Text(opened.Url, coloured: !Console.IsOutputRedirected));
        text.WriteLine();
        text.WriteLine($"   Page   {opened.Url.Split('#')[0]}");
        foreach (string elsewhere in opened.Elsewhere)
            text.WriteLine($"          {elsewhere}");
        text.WriteLine($"   Code   {opened.Code}");
        text.WriteLine();
        text.Flush();
    }

    private static async Task<int> WaitAsync(Service service, PairingBody pairing, CancellationToken cancellation)
    {
        string path = "/edge/v1/pairings/" + pairing.Id;
        try
        {
            pairing = await Terminal.Progress.Status().StartAsync(Left(pairing.ExpiresInMs), async status =>
            {
                var now = pairing;
                var since = TimeProvider.System.GetTimestamp();
                while (now.State == "open")
                {
                    var waiting = service.ReadAsync(HttpMethod.Get, $"{path}?wait={WaitSeconds}", CliJson.Wire.PairingBody, cancellation);
                    // In a pipe each text would be another line.
                    while (!Console.IsErrorRedirected && await Task.WhenAny(waiting, Task.Delay(Second, cancellation)) != waiting)
                        status.Status(Left(pairing.ExpiresInMs - (long)TimeProvider.System.GetElapsedTime(since).TotalMilliseconds));
                    now = await waiting;
                }

                return now;
            });
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Nobody waits for it any more: the code must not lie about.
            using var deleted = await service.SendAsync(HttpMethod.Delete, path, CancellationToken.None);
            return Report.Errors(["interrupted; the code is good no longer"], ExitCodes.Failed);
        }

        if (pairing is { State: "paired", Key: { } key })
        {
            Console.Out.WriteLine($"Paired: key {key.Id} '{key.Name}' of scope {key.Scope}.");
            return ExitCodes.Ok;
        }

        return Report.Errors([pairing.State switch
        {
            "expired" => "nobody came in five minutes; the code is good no longer (run it again when the tablet is at hand)",
            "locked" => "five wrong codes came, so this one is locked (somebody mistyped, or guesses; run it again)",
            _ => "the code was taken back (run it again)",
        }], ExitCodes.Failed);
    }

    private static string Left(long? milliseconds) => string.Create(
        CultureInfo.InvariantCulture, $"Waiting for a tablet, {TimeSpan.FromMilliseconds(Math.Max(0, milliseconds ?? 0)):m\\:ss} left");
}
