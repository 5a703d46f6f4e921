using EdgeServe.Http.Updates;
using Spectre.Console;

namespace EdgeServe.Cli.Updates;

/// <summary>An offer that the service works on, watched from the terminal.</summary>
internal static class UpdateOffer
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    public static async Task<int> RunAsync(Service service, string path, HttpContent? body, bool json, CancellationToken cancellation)
    {
        OfferBody offer;
        try
        {
            offer = await Terminal.Progress.Status().StartAsync("Looking", async status =>
            {
                var working = service.ReadAsync(HttpMethod.Post, path, CliJson.Wire.OfferBody, cancellation, body);
                while (await Task.WhenAny(working, Task.Delay(Interval, cancellation)) != working)
                    status.Status(await DoingAsync(service, cancellation));
                return await working;
            });
        }
        catch (ServiceException e)
        {
            return Report.Errors([e.Hint is null ? e.Message : $"{e.Message} ({e.Hint})"], ExitCodes.Of(e.Code));
        }

        if (json)
            CliJson.Print(offer, CliJson.Indented.OfferBody);
        else
            Console.Out.WriteLine(offer.NewProgram is { } program ? $"Program {program} is being installed: the service starts anew and tries it for some minutes, then offer release {offer.Release} again." : offer.Installed ? $"Release {offer.Release} serves, {Terminal.Bytes(offer.Bytes)} fetched. It is in probation." : $"Release {offer.Release} serves already.");
        return ExitCodes.Ok;
    }

    private static async Task<string> DoingAsync(Service service, CancellationToken cancellation)
    {
        var updates = await service.ReadAsync(HttpMethod.Get, "/edge/v1/updates", CliJson.Wire.UpdatesBody, cancellation);
        return updates.Activity switch
        {
            { TotalBytes: > 0, Step: "copying" } a => $"Copying {Terminal.Bytes(a.Bytes)} of {Terminal.Bytes(a.TotalBytes)}",
            { } a => char.ToUpperInvariant(a.Step[0]) + a.Step[1..],
            null => "Looking",
        };
    }
}
