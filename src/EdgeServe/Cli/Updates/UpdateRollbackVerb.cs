using System.CommandLine;

namespace EdgeServe.Cli.Updates;

/// <summary><c>edgeserve update rollback</c>: the release before serves again, at once and without the network.</summary>
internal static class UpdateRollbackVerb
{
    public static Command Create()
    {
        var json = ConfiguredVerb.JsonOption();
        return new Command("rollback", "Go back to the release that served before.") { json }.WithService(async (parsed, service, cancellation) =>
        {
            var e = await service.ReadAsync(HttpMethod.Post, "/edge/v1/updates/rollback", CliJson.Wire.UpdateEventBody, cancellation);
            if (parsed.GetValue(json))
                CliJson.Print(e, CliJson.Indented.UpdateEventBody);
            else
                Console.Out.WriteLine($"Release {e.Release}: {e.Message}. {e.Hint}");
            return ExitCodes.Ok;
        });
    }
}
