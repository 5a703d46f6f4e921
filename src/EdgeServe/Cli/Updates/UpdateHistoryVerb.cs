using System.CommandLine;
using System.Globalization;

namespace EdgeServe.Cli.Updates;

/// <summary><c>edgeserve update history</c>: how the last updates ended, newest first.</summary>
internal static class UpdateHistoryVerb
{
    public static Command Create()
    {
        var json = ConfiguredVerb.JsonOption();
        return new Command("history", "Show how the last updates ended, newest first.") { json }.WithService(async (parsed, service, cancellation) =>
        {
            var updates = await service.ReadAsync(HttpMethod.Get, "/edge/v1/updates", CliJson.Wire.UpdatesBody, cancellation);
            if (parsed.GetValue(json))
            {
                CliJson.Print(updates.History, CliJson.Indented.UpdateEventBodyArray);
                return ExitCodes.Ok;
            }

            var table = Terminal.Table("When", "Outcome", "Release", "From", "Fetched", "What");
            foreach (var e in updates.History)
                table.AddText(e.At, e.Code, e.Release?.ToString(CultureInfo.InvariantCulture) ?? "", e.Source, e.Bytes > 0 ? Terminal.Bytes(e.Bytes) : "", e.Message);
            Terminal.Output.Write(table);
            return ExitCodes.Ok;
        });
    }
}
