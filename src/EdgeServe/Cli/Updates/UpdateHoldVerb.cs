using System.CommandLine;

namespace EdgeServe.Cli.Updates;

/// <summary><c>edgeserve update hold [--off]</c>: no update is taken, from any source, until it is let go.</summary>
internal static class UpdateHoldVerb
{
    public static Command Create()
    {
        var off = new Option<bool>("--off") { Description = "Take updates again." };
        return new Command("hold", "Take no updates until told otherwise.") { off }.WithService(async (parsed, service, cancellation) =>
        {
            string verb = parsed.GetValue(off) ? "release" : "hold";
            UpdateStatusVerb.Print(await service.ReadAsync(HttpMethod.Post, $"/edge/v1/updates/{verb}", CliJson.Wire.UpdatesBody, cancellation));
            return ExitCodes.Ok;
        });
    }
}
