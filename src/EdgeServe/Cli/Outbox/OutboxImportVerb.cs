using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using EdgeServe.Cli.Keys;
using EdgeServe.Engine.Bundles.Registry;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Sync;
using EdgeServe.Engine.Sync.CarryOut;
using EdgeServe.Engine.Updates.Enrolment;

namespace EdgeServe.Cli.Outbox;

/// <summary><c>edgeserve outbox import</c>: posts what came on sticks to a collector, and acknowledges what that proved to have. May be repeated after any failure.</summary>
internal static class OutboxImportVerb
{
    public static Command Create()
    {
        var key = new Option<string>("--key") { Description = "RSA private key that the devices encrypt to.", HelpName = "PEM", Required = true };
        var collector = new Option<string>("--collector") { Description = "OTLP/HTTP address, without /v1/logs.", HelpName = "URL", Required = true };
        var acknowledgement = new Option<string?>("--acknowledge-with") { Description = "P-256 private key that signs acknowledgements; none: nothing is acknowledged.", HelpName = "PEM" };
        var to = new Option<string[]>("--acknowledge-on") { Description = "Sticks or layouts that the acknowledgement is written to; none: those that were read.", HelpName = "DIR", AllowMultipleArgumentsPerToken = true };
        var headers = new Option<string?>("--headers-file") { Description = "File with headers for the collector, a line each, Name: value.", HelpName = "FILE" };
        var roots = new Option<string?>("--ca-file") { Description = "PEM file with the only roots to trust.", HelpName = "FILE" };
        var insecure = new Option<bool>("--insecure-collector") { Description = "Allow a collector on another host without TLS." };
        var passphrase = Passphrase.FileOption();
        var command = new Command("import", "Deliver telemetry from sticks to a collector and acknowledge it.");
        var exports = new ExportOptions(command);
        Option[] options = [key, collector, acknowledgement, to, headers, roots, insecure, passphrase];
        Array.ForEach(options, command.Options.Add);
        return command.WithAction(async (parsed, cancellation) =>
        {
            if (EnrolmentErrors.Collector(parsed.GetValue(collector)!, parsed.GetValue(insecure)) is { } unfit)
                return Report.Errors([$"--collector: {unfit}"], ExitCodes.Usage);
            using var rsa = OfficeKeys.Telemetry(parsed.GetValue(key)!, parsed.GetValue(passphrase));
            using var signing = parsed.GetValue(acknowledgement) is { } file ? OfficeKeys.Acknowledgement(file, parsed.GetValue(passphrase)) : null;
            using var set = await exports.ReadAsync(parsed, cancellation);
            OutboxPrinter.Print(set);
            using var client = new CollectorClient(
                new Uri(parsed.GetValue(collector)!), new SyncOptions { HeadersFile = parsed.GetValue(headers), CaFile = parsed.GetValue(roots) }, LinkBudget.Unlimited,
                DeviceClock.Of(TimeProvider.System, null), TimeProvider.System);
            await client.BeginAsync();
            var import = new CollectorImport(client, TimeProvider.System);
            var failure = await DeliverAsync(set, rsa, import, cancellation);
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{import.Batches} batches are at {client.Endpoint}{(import.Refused > 0 ? $"; it will never take {import.Refused} of their rows" : "")}."));
            if (signing is not null)
                OutboxPrinter.Acknowledge(import.Proven, parsed.GetValue(to) is { Length: > 0 } named ? named.Select(Layout) : set.Directories, signing);
            else
                Console.Out.WriteLine("Nothing is acknowledged, so the boxes keep it: `edgeserve outbox acknowledge`, or import with --acknowledge-with.");
            return failure is null ? ExitCodes.Ok : Report.Error(failure);
        });
    }

    /// <summary>The folder of a stick that is ours, or the layout itself.</summary>
    public static string Layout(string directory)
    {
        string full = Path.GetFullPath(directory);
        string stick = Path.Combine(full, Channels.Source.StickFolder);
        return !File.Exists(Path.Combine(full, Engine.Bundles.Layout.ImageLayout.IndexFile)) && Directory.Exists(stick) ? stick : full;
    }

    /// <returns>Why it ended early; what was proven until then counts.</returns>
    private static Task<CarryOutException?> DeliverAsync(ExportSet set, RSA rsa, CollectorImport import, CancellationToken cancellation) =>
        CopyBar.RunAsync<CarryOutException?>("Delivering", set.Bytes, async bar =>
        {
            long done = 0;
            try
            {
                foreach (var (export, _, _) in set.Exports)
                {
                    foreach (var part in export.Statement.Parts)
                    {
                        foreach (var batch in await export.OpenAsync(part, rsa, cancellation))
                            await import.PostAsync(export.Statement.Device, batch, cancellation);
                        bar.Report(done += part.Blob.Size);
                    }
                }

                return null;
            }
            catch (CarryOutException e)
            {
                return e;
            }
        });
}
