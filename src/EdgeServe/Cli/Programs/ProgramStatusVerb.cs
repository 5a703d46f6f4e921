using System.CommandLine;
using System.Globalization;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Updates.Programs;

namespace EdgeServe.Cli.Programs;

/// <summary><c>edgeserve program status</c>: which program is installed, on trial or taken back. Needs no service: it may be the service that is broken.</summary>
internal static class ProgramStatusVerb
{
    public static Command Create() => new Command("status", "Show what became of programs that came with releases.").WithConfiguration((_, configuration, _) =>
    {
        if (configuration.Options.Updates.ProgramDirectory.Length == 0)
            return Task.FromResult(Report.Errors(["Updates:ProgramDirectory: this box takes no programs; the package sets it"], ExitCodes.Failed));
        var place = new ProgramPlace(configuration.Options.Updates.ProgramDirectory);
        var table = Terminal.Table("Program", place.IsOnTrial ? "on trial" : "settled");
        table.AddText("Installed", Installed());
        if (place.Failed.Count > 0)
            table.AddText("Taken back", string.Join(", ", place.Failed));
        foreach (var e in place.Record)
            table.AddText(DateTimeOffset.FromUnixTimeSeconds(e.UnixSeconds).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), e.Message);
        Terminal.Output.Write(table);
        return Task.FromResult(ExitCodes.Ok);
    });

    private static string Installed()
    {
        try
        {
            return InstalledProgram.Read().Version;
        }
        catch (BundleException e)
        {
            return e.Message;
        }
    }
}
