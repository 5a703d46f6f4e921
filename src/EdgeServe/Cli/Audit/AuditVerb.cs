using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgeServe.Engine.Audit;
using EdgeServe.Engine.Storage;
using EdgeServe.Hosting;

namespace EdgeServe.Cli.Audit;

/// <summary><c>edgeserve audit show | verify</c>: reads the files themselves, whether a service runs or not.</summary>
internal static class AuditVerb
{
    private const int DefaultLines = 50;

    public static Command Create() => new("audit", "Read the log of security and updates, and check that nobody changed it.") { ShowCommand(), VerifyCommand() };

    private static Command ShowCommand()
    {
        var last = new Option<int>("--last") { Description = "How many of the newest lines.", DefaultValueFactory = _ => DefaultLines };
        var json = new Option<bool>("--json") { Description = "Print the lines as they are written, oldest first." };
        return new Command("show", "Show what happened and who did it.") { last, json }.WithConfiguration((parsed, configuration, _) => Guard(() =>
        {
            var lines = Files(configuration).Before(long.MaxValue, Math.Max(1, parsed.GetValue(last)));
            lines.Reverse();
            if (parsed.GetValue(json))
            {
                lines.ForEach(l => Console.Out.WriteLine(l.Text));
                return ExitCodes.Ok;
            }

            var table = Terminal.Table("Number", "When", "Clock", "Who", "What", "");
            foreach (var line in lines)
                table.AddText(line.Sequence.ToString(CultureInfo.InvariantCulture), Member(line.Json, "at"), Member(line.Json, "clock"), Member(line.Json, "who"), Member(line.Json, "what"), Member(line.Json, "text"));
            Terminal.Output.Write(table);
            return ExitCodes.Ok;
        }));
    }

    private static Command VerifyCommand()
    {
        var head = new Option<string?>("--head") { Description = "SEQUENCE:HASH as it was told outside: by telemetry, on a stick, by an earlier verify." };
        return new Command("verify", "Check every line against the chain. Names the first bad one and exits with 3.") { head }.WithConfiguration((parsed, configuration, _) => Guard(() =>
        {
            AuditHead? known = null;
            if (parsed.GetValue(head) is { } text && (known = AuditHead.Parse(text)) is null)
                return Report.Errors([$"--head: '{(text.Length > 90 ? text[..90] + "…" : text)}' is no SEQUENCE:HASH, a number and 64 hexadecimal digits"], ExitCodes.Usage);
            var files = Files(configuration);
            if (files.List().Length == 0 && files.Anchor() is null && known is null)
                return Report.Errors([$"there is no audit log in {configuration.Options.Server.DataDirectory}; name the data directory with --data DIR"], ExitCodes.Failed);
            var verdict = AuditCheck.Run(files, known);
            if (verdict.Problem is { } problem)
                return Report.Errors([$"the audit log is not what was written: {problem}"], ExitCodes.Refused);
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{verdict.Lines} lines, none changed or missing. Head {verdict.Head}"));
            return ExitCodes.Ok;
        }));
    }

    private static AuditFiles Files(EffectiveConfiguration configuration)
    {
        var data = new DataDirectory(configuration.Options.Server.DataDirectory);
        return new AuditFiles(data.Audit, data.Device);
    }

    private static string Member(JsonElement line, string name) => line.TryGetProperty(name, out var value) ? value.ToString() : "";

    private static Task<int> Guard(Func<int> run)
    {
        try
        {
            return Task.FromResult(run());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Task.FromResult(Report.Errors([$"the audit log cannot be read: {e.Message}"], ExitCodes.Failed));
        }
    }
}
