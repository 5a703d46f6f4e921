using System.CommandLine;

namespace EdgeServe.Cli.Sync;

/// <summary><c>edgeserve sync now | hold | resume</c>: does it, and shows what came of it.</summary>
internal static class SyncActionVerb
{
    public static Command Create(string name, string description)
    {
        var json = ConfiguredVerb.JsonOption();
        return new Command(name, description) { json }.WithService(async (parsed, service, cancellation) =>
        {
            var sync = await service.ReadAsync(HttpMethod.Post, $"/edge/v1/sync/{name}", CliJson.Wire.SyncBody, cancellation);
            SyncStatusVerb.Print(sync, parsed.GetValue(json));
            return name == "now" && (sync.State != "online" || sync.Reason != "accepted") ? ExitCodes.Failed : ExitCodes.Ok;
        });
    }
}
