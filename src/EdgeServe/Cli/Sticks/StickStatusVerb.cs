using System.CommandLine;
using EdgeServe.Http.Updates;

namespace EdgeServe.Cli.Sticks;

/// <summary><c>edgeserve stick status</c>: what is plugged into the running box, and whether it may be pulled.</summary>
internal static class StickStatusVerb
{
    public static Command Create()
    {
        var json = ConfiguredVerb.JsonOption();
        return new Command("status", "Show what is plugged in and whether it may be pulled.") { json }.WithService(async (parsed, service, cancellation) =>
        {
            var body = await service.ReadAsync(HttpMethod.Get, "/edge/v1/media", CliJson.Wire.MediaBody, cancellation);
            if (parsed.GetValue(json))
                CliJson.Print(body, CliJson.Indented.MediaBody);
            else if (body.Media.Length == 0)
                Console.Out.WriteLine("Nothing is plugged in.");
            else
                Print(body.Media);
            return Array.Exists(body.Media, m => m.State == "refused") ? ExitCodes.Failed : ExitCodes.Ok;
        });
    }

    private static void Print(MediumBody[] media)
    {
        var table = Terminal.Table("Stick", "State", "What", "Pull it?", "Code");
        foreach (var medium in media)
        {
            string state = medium.State == "copying" && medium.TotalBytes > 0
                ? $"copying {Terminal.Bytes(medium.Bytes)} of {Terminal.Bytes(medium.TotalBytes)}"
                : medium.State;
            table.AddText(medium.Name, state, $"{medium.Title}: {medium.Text} {medium.Next}", medium.MayBePulled ? "yes" : "not yet", medium.Code ?? "");
        }

        Terminal.Output.Write(table);
    }
}
