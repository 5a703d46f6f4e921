using System.CommandLine;
using System.Text.Json;
using EdgeServe.Http.Updates;

namespace EdgeServe.Cli.Updates;

/// <summary><c>edgeserve update install DIR</c>: offers an image layout on the disk, verified like any other source. Exit 3: it is refused.</summary>
internal static class UpdateInstallVerb
{
    public static Command Create()
    {
        var folder = new Argument<string>("DIR") { Description = "An OCI image layout with the channel and its signatures." };
        var json = ConfiguredVerb.JsonOption();
        return new Command("install", "Install the channel's release from a folder.") { folder, json }.WithService(async (parsed, service, cancellation) =>
        {
            string path = Path.GetFullPath(parsed.GetValue(folder)!);
            if (!Directory.Exists(path))
                return Report.Errors([$"{path} is not a folder"], ExitCodes.Usage);
            using var body = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new InstallBody(path), CliJson.Wire.InstallBody));
            return await UpdateOffer.RunAsync(service, "/edge/v1/updates/install", body, parsed.GetValue(json), cancellation);
        });
    }
}
