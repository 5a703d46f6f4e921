using System.CommandLine;
using EdgeServe.Cli.Keys;
using EdgeServe.Engine.Sync.CarryOut;

namespace EdgeServe.Cli.Outbox;

/// <summary><c>edgeserve outbox acknowledge</c>: head office's word that it has what an export holds, for those who deliver in another way than <c>import</c>. The box deletes it then.</summary>
internal static class OutboxAcknowledgeVerb
{
    public static Command Create()
    {
        var key = new Option<string>("--key") { Description = "P-256 private key whose public half the devices were enrolled with.", HelpName = "PEM", Required = true };
        var to = new Option<string[]>("--on") { Description = "Sticks or layouts that the acknowledgement is written to; none: those that were read.", HelpName = "DIR", AllowMultipleArgumentsPerToken = true };
        var passphrase = Passphrase.FileOption();
        var command = new Command("acknowledge", "Tell boxes that head office has what is on a stick: they delete it.");
        var exports = new ExportOptions(command);
        command.Options.Add(key);
        command.Options.Add(to);
        command.Options.Add(passphrase);
        return command.WithAction(async (parsed, cancellation) =>
        {
            using var signing = OfficeKeys.Acknowledgement(parsed.GetValue(key)!, parsed.GetValue(passphrase));
            using var set = await exports.ReadAsync(parsed, cancellation);
            var targets = parsed.GetValue(to) is { Length: > 0 } named ? named.Select(OutboxImportVerb.Layout).ToArray() : [.. set.Directories];
            if (targets.Length == 0)
                return Report.Errors(["an acknowledgement is written to a stick or a layout: name one with --on"], ExitCodes.Usage);
            // Nobody has what does not come whole.
            var numbers = new Dictionary<string, BatchNumbers>();
            await CopyBar.RunAsync("Reading", set.Bytes, async bar =>
            {
                long done = 0;
                foreach (var (export, _, _) in set.Exports)
                {
                    foreach (var part in export.Statement.Parts)
                    {
                        await export.SealedAsync(part, cancellation);
                        bar.Report(done += part.Blob.Size);
                    }

                    if (!numbers.TryGetValue(export.Statement.Device, out var all))
                        numbers[export.Statement.Device] = all = new BatchNumbers();
                    all.Add(export.Statement.Numbers);
                }

                return true;
            });
            OutboxPrinter.Print(set);
            OutboxPrinter.Acknowledge(numbers, targets, signing);
            return ExitCodes.Ok;
        });
    }
}
