using System.Globalization;
using System.Text.RegularExpressions;

namespace EdgeServe.Engine.Updates.Enrolment;

/// <summary>The rules of an enrolment, for the file that is read and for the one that is written. All errors at once.</summary>
internal static partial class EnrolmentErrors
{
    private const int LongestName = 100;

    public static List<string> Of(EnrolmentTerms terms)
    {
        var errors = new List<string>();
        Name("channel", terms.Channel, errors);
        Name("device_class", terms.DeviceClass, errors);
        if (terms.Registry is { } registry && (registry.Length > 255 || !Repository().IsMatch(registry)))
            errors.Add($"registry: {Quote(registry)} is not host[:port]/repository in lower case, without scheme and tag, for example registry.example:5000/clinic/models");
        Keys(terms, errors);
        if (terms.TelemetryEndpoint is { } endpoint && Collector(endpoint, insecure: false) is { } unfit)
            errors.Add($"telemetry_endpoint: {unfit}");
        if (terms.TelemetryKey is { } telemetry && !PublicKeys.TryEncryption(telemetry, out _, out string? wrong))
            errors.Add($"telemetry_key: {wrong}");
        if (terms.AcknowledgementKey is { } acknowledgement && !PublicKeys.TrySigning(acknowledgement, out _, out wrong))
            errors.Add($"acknowledgement_key: {wrong}");
        return errors;
    }

    /// <returns>What is wrong with the address of a collector; null: nothing.</returns>
    public static string? Collector(string address, bool insecure)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Query.Length > 0 || uri.Fragment.Length > 0 || uri.UserInfo.Length > 0)
            return $"{Quote(address)} is not an address like https://collector.example:4318";
        if (uri.AbsolutePath.TrimEnd('/').EndsWith("/v1/logs", StringComparison.Ordinal))
            return $"{Quote(address)} must end before /v1/logs, which is added";
        return uri.Scheme == "https" || uri.IsLoopback || insecure ? null : $"{Quote(address)} is not encrypted; use https, or Sync:InsecureEndpoint on a network you trust";
    }

    /// <summary>Anything foreign on its way to a person: one line, bounded.</summary>
    public static string Quote(string text)
    {
        string line = new([.. text.Take(60).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)]);
        return text.Length > 60 ? $"'{line}…'" : $"'{line}'";
    }

    private static void Keys(EnrolmentTerms terms, List<string> errors)
    {
        int count = terms.TrustedKeys.Count;
        if (count is 0 or > EnrolmentTerms.MaxKeys)
            errors.Add(string.Create(CultureInfo.InvariantCulture, $"trusted_keys: there must be 1 to {EnrolmentTerms.MaxKeys}, found {count}"));
        var seen = new HashSet<string>();
        for (int i = 0; i < Math.Min(count, EnrolmentTerms.MaxKeys); i++)
        {
            if (!PublicKeys.TrySigning(terms.TrustedKeys[i], out string? fingerprint, out string? wrong))
                errors.Add(string.Create(CultureInfo.InvariantCulture, $"trusted_keys[{i}]: {wrong}"));
            else if (!seen.Add(fingerprint))
                errors.Add(string.Create(CultureInfo.InvariantCulture, $"trusted_keys[{i}]: stands twice; a threshold counts distinct keys"));
        }

        // Without keys there is one thing to mend, not two.
        int most = count == 0 ? EnrolmentTerms.MaxKeys : count;
        if (terms.Threshold < 1 || terms.Threshold > most)
            errors.Add(string.Create(CultureInfo.InvariantCulture, $"threshold: must be 1 to {most}, the number of keys, found {terms.Threshold}"));
    }

    private static void Name(string key, string value, List<string> errors)
    {
        if (value.Length is 0 or > LongestName || !Word().IsMatch(value))
            errors.Add($"{key}: {Quote(value)} is not a name: lower-case letters and digits joined by '.', '_' or '-', at most {LongestName.ToString(CultureInfo.InvariantCulture)}");
        else if (SignatureTag().IsMatch(value))
            errors.Add($"{key}: {Quote(value)} is what a signature's tag looks like; choose another name");
    }

    [GeneratedRegex(@"\A[a-z0-9]+([._-][a-z0-9]+)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Word();

    [GeneratedRegex(@"\Asha256-[0-9a-f]{64}(\.|\z)", RegexOptions.CultureInvariant)]
    private static partial Regex SignatureTag();

    [GeneratedRegex(@"\A([a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])(:[0-9]{1,5})?(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Repository();
}
