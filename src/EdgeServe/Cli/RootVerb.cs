using System.CommandLine;
using EdgeServe.Cli.Audit;
using EdgeServe.Cli.Bench;
using EdgeServe.Cli.Bundles;
using EdgeServe.Cli.Channels;
using EdgeServe.Cli.Device;
using EdgeServe.Cli.Doctor;
using EdgeServe.Cli.Fleet;
using EdgeServe.Cli.Jobs;
using EdgeServe.Cli.Keys;
using EdgeServe.Cli.Models;
using EdgeServe.Cli.Outbox;
using EdgeServe.Cli.Programs;
using EdgeServe.Cli.Sticks;
using EdgeServe.Cli.Sync;
using EdgeServe.Cli.Tablets;
using EdgeServe.Cli.Tune;
using EdgeServe.Cli.Updates;

namespace EdgeServe.Cli;

/// <summary>The verbs of <c>edgeserve</c>.</summary>
internal static class RootVerb
{
    /// <summary>Longer than the service takes to put everything away; cut off before that, it would end in the middle of it.</summary>
    private static readonly TimeSpan TerminationTimeout = TimeSpan.FromSeconds(30);

    public static async Task<int> InvokeAsync(string[] args)
    {
        var root = new RootCommand("EdgeServe: an offline-first inference server for ONNX models.")
        {
            ServeVerb.Create(),
            ModelVerb.Create(),
            JobVerb.Create(),
            UpdateVerb.Create(),
            SyncVerb.Create(),
            TabletVerb.Create(),
            SetupCardVerb.Create(),
            KitCardVerb.Create(),
            KeyAdminVerb.Create(),
            AuditVerb.Create(),
            StatusVerb.Create(),
            DeviceVerb.Create(),
            StickVerb.Create(),
            BundleVerb.Create(),
            KeyVerb.Create(),
            ChannelVerb.Create(),
            ProgramVerb.Create(),
            FleetVerb.Create(),
            OutboxVerb.Create(),
            BackupVerb.Create(),
            BenchVerb.Create(),
            TuneVerb.Create(),
            DoctorVerb.Create(),
            ConfigVerb.Create(),
        };
        var parsed = root.Parse(args.Length == 0 ? ["--help"] : args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await Console.Error.WriteLineAsync($"edgeserve: {error.Message}");
            await Console.Error.WriteLineAsync("Try `edgeserve --help`.");
            return ExitCodes.Usage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TerminationTimeout });
    }
}
