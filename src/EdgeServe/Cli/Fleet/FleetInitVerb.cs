using System.CommandLine;
using System.Globalization;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Updates.Enrolment;

namespace EdgeServe.Cli.Fleet;

/// <summary><c>edgeserve fleet init</c>: makes the one file that every box of a fleet is enrolled with. All errors at once, exit 2.</summary>
internal static class FleetInitVerb
{
    private const int LargestKeyFile = 64 << 10;

    public static Command Create()
    {
        var channel = new Option<string>("--channel") { Description = "The channel the boxes follow.", HelpName = "C", Required = true };
        var keys = new Option<string[]>("--key") { Description = "Public keys that sign releases, PEM files.", HelpName = "PUB", Required = true, AllowMultipleArgumentsPerToken = true };
        var threshold = new Option<int>("--threshold") { Description = "How many of the keys must have signed a release.", HelpName = "K", DefaultValueFactory = _ => 1 };
        var deviceClass = new Option<string>("--device-class") { Description = "What kind of boxes these are.", HelpName = "D", Required = true };
        var registry = new Option<string?>("--registry") { Description = "host[:port]/repository to poll; none: sticks and files only.", HelpName = "R" };
        var telemetry = new Option<string?>("--telemetry-key") { Description = "RSA public key or certificate that carried-out telemetry is encrypted to.", HelpName = "PEM" };
        var acknowledgement = new Option<string?>("--acknowledgement-key") { Description = "P-256 public key that signs acknowledgements of telemetry.", HelpName = "PEM" };
        var endpoint = new Option<string?>("--telemetry-endpoint") { Description = "OTLP/HTTP address of head office's collector, https; none: telemetry leaves by stick only.", HelpName = "URL" };
        var output = new Option<string>("--out") { Description = "The file to write, or a stick to write it to.", HelpName = "FILE", Required = true };
        var command = new Command("init", "Make the file that boxes are enrolled with.") { channel, keys, threshold, deviceClass, registry, telemetry, acknowledgement, endpoint, output };
        command.SetAction(parsed =>
        {
            var errors = new List<string>();
            var terms = new EnrolmentTerms(
                parsed.GetValue(channel)!, parsed.GetValue(deviceClass)!, [.. parsed.GetValue(keys)!.Select(k => Pem("--key", k, errors)!)], parsed.GetValue(threshold),
                parsed.GetValue(registry), Pem("--telemetry-key", parsed.GetValue(telemetry), errors), Pem("--acknowledgement-key", parsed.GetValue(acknowledgement), errors),
                parsed.GetValue(endpoint));
            // What could not be read has been said; the rest is still worth hearing.
            errors.AddRange(EnrolmentErrors.Of(terms with { TrustedKeys = [.. terms.TrustedKeys.Where(k => k is not null)] }).Where(e => errors.Count == 0 || !e.StartsWith("threshold", StringComparison.Ordinal)));
            string target = Path.GetFullPath(parsed.GetValue(output)!);
            if (Directory.Exists(target))
                target = Path.Combine(target, EnrolmentFile.Name);
            if (File.Exists(target))
                errors.Add($"--out: {target} exists; remove it first, or name another");
            return errors.Count > 0 ? Report.Errors(errors, ExitCodes.Usage) : Write(terms, target);
        });
        return command;
    }

    private static int Write(EnrolmentTerms terms, string target)
    {
        try
        {
            string temporary = target + ".tmp";
            File.WriteAllBytes(temporary, EnrolmentFile.Write(terms));
            AtomicWrite.Publish(temporary, target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Report.Errors([$"--out: {e.Message}"], ExitCodes.Failed);
        }

        Console.Out.WriteLine($"Wrote {target}: channel {terms.Channel}, device class {terms.DeviceClass}, {(terms.Registry is null ? "no registry" : "registry " + terms.Registry)}.");
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A release needs {terms.Threshold} of {terms.TrustedKeys.Count} signatures:"));
        foreach (string key in terms.TrustedKeys)
            Console.Out.WriteLine($"  {(PublicKeys.TrySigning(key, out string? fingerprint, out _) ? fingerprint : "")}");
        Console.Out.WriteLine("Next: edgeserve device enroll FILE on each box, or put it on a stick in its root.");
        return ExitCodes.Ok;
    }

    private static string? Pem(string option, string? path, List<string> errors)
    {
        if (path is null)
            return null;
        try
        {
            var file = new FileInfo(path);
            if (file.Exists && file.Length <= LargestKeyFile)
                return File.ReadAllText(path).Trim().ReplaceLineEndings("\n") + "\n";
            errors.Add($"{option}: {Path.GetFullPath(path)} {(file.Exists ? "is too large for a key" : "does not exist")}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add($"{option}: {e.Message}");
        }

        return null;
    }
}
