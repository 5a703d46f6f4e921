using System.CommandLine;
using System.Globalization;
using EdgeServe.Cli.Keys;
using EdgeServe.Engine.Sync.CarryOut;
using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Cli.Outbox;

/// <summary><c>edgeserve outbox open</c>: decrypts, says what is in it, and writes each request as OTLP protobuf.</summary>
internal static class OutboxOpenVerb
{
    public static Command Create()
    {
        var key = new Option<string>("--key") { Description = "RSA private key that the devices encrypt to.", HelpName = "PEM", Required = true };
        var output = new Option<string?>("--out") { Description = "Folder for the requests, DEVICE/CLASS/EPOCH-NUMBER.SIGNAL.pb; none: only the summary.", HelpName = "DIR" };
        var passphrase = Passphrase.FileOption();
        var command = new Command("open", "Decrypt telemetry from a stick and show what is in it.");
        var exports = new ExportOptions(command);
        command.Options.Add(key);
        command.Options.Add(output);
        command.Options.Add(passphrase);
        return command.WithAction(async (parsed, cancellation) =>
        {
            using var rsa = OfficeKeys.Telemetry(parsed.GetValue(key)!, parsed.GetValue(passphrase));
            using var set = await exports.ReadAsync(parsed, cancellation);
            OutboxPrinter.Print(set);
            var totals = new SortedDictionary<(TelemetryClass Class, OtlpSignal Signal), (long Batches, long Items, long Bytes)>();
            await CopyBar.RunAsync("Opening", set.Bytes, async bar =>
            {
                long done = 0;
                foreach (var (export, _, _) in set.Exports)
                {
                    foreach (var part in export.Statement.Parts)
                    {
                        foreach (var batch in await export.OpenAsync(part, rsa, cancellation))
                            Take(export.Statement.Device, batch, parsed.GetValue(output), totals);
                        bar.Report(done += part.Blob.Size);
                    }
                }

                return true;
            });
            Print(totals);
            if (parsed.GetValue(output) is { } directory)
                Console.Out.WriteLine($"Written to {Path.GetFullPath(directory)}.");
            return ExitCodes.Ok;
        });
    }

    private static void Take(string device, CarriedBatch batch, string? output, SortedDictionary<(TelemetryClass, OtlpSignal), (long Batches, long Items, long Bytes)> totals)
    {
        byte[] request;
        try
        {
            request = Gzip.Decompress(batch.Payload);
        }
        catch (InvalidDataException e)
        {
            throw new CarryOutException(CarryOutError.Malformed, $"{batch.Name} is not what a box stores: {e.Message}", "Tell whoever maintains EdgeServe.", e);
        }

        var sum = totals.GetValueOrDefault((batch.Class, batch.Signal));
        totals[(batch.Class, batch.Signal)] = (sum.Batches + 1, sum.Items + Math.Max(0, OtlpSplit.Count(request)), sum.Bytes + request.Length);
        if (output is null)
            return;
        // The name was matched against a grammar without dots at its ends.
        string path = Path.Combine(output, device, batch.Name[..^".gz".Length]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, request);
    }

    private static void Print(SortedDictionary<(TelemetryClass Class, OtlpSignal Signal), (long Batches, long Items, long Bytes)> totals)
    {
        var table = Terminal.Table("Class", "Signal", "Batches", "Items", "OTLP bytes");
        foreach (var ((kind, signal), (batches, items, bytes)) in totals)
            table.AddText(Tombstone.Name(kind), signal.ToString().ToLowerInvariant(), batches.ToString(CultureInfo.InvariantCulture), items.ToString(CultureInfo.InvariantCulture), Terminal.Bytes(bytes));
        Terminal.Output.Write(table);
    }
}
