using System.CommandLine;
using EdgeServe.Hosting;
using Spectre.Console;

namespace EdgeServe.Cli.Doctor;

/// <summary><c>edgeserve doctor</c>: what a field engineer would look at first, each line with what to do about it.</summary>
internal static class DoctorVerb
{
    public static Command Create()
    {
        var json = ConfiguredVerb.JsonOption();
        return new Command("doctor", "Check this device and its configuration.") { json }.WithConfiguration(async (parsed, configuration, cancellation) =>
        {
            var findings = new List<Finding>();
            await Terminal.Progress.Status().StartAsync("Looking", status => LookAsync(configuration.Options, findings, s => status.Status(s.EscapeMarkup()), cancellation));
            Print(findings, parsed.GetValue(json));
            return findings.Exists(f => f.State == "failed") ? ExitCodes.Failed : ExitCodes.Ok;
        });
    }

    private static async Task LookAsync(EdgeServeOptions options, List<Finding> findings, Action<string> progress, CancellationToken cancellation)
    {
        findings.AddRange(SystemChecks.Runtime(options.Engine));
        findings.Add(SystemChecks.Telemetry());
        findings.Add(SystemChecks.Clock(TimeProvider.System));
        findings.Add(SystemChecks.Memory(options));
        findings.Add(SystemChecks.FileDescriptors(options));
        findings.AddRange(GovernorChecks.Look(options));
        findings.Add(DiskChecks.DataDirectory(options.Server.DataDirectory));
        findings.AddRange(JobChecks.Storage(options));
        findings.AddRange(EnrolmentChecks.Fleet(options));
        findings.AddRange(await PortChecks.PortsAsync(options, cancellation));
        await ModelChecks.AddAsync(options, findings, progress, cancellation);
        findings.AddRange(await FieldChecks.LookAsync(options, cancellation));
        if (FieldChecks.IsInstalled)
            findings.Add(FieldChecks.Verdict(findings));
    }

    private static void Print(List<Finding> findings, bool json)
    {
        if (json)
        {
            CliJson.Print([.. findings], CliJson.Indented.FindingArray);
            return;
        }

        var table = Terminal.Table("Check", "State", "Seen", "Hint");
        foreach (var finding in findings)
            table.AddText(finding.Check, finding.State, finding.Detail, finding.Hint ?? "");
        Terminal.Output.Write(table);
    }
}
