using System.Globalization;
using EdgeServe.Engine.Updates;

namespace EdgeServe.Cli.Programs;

/// <summary>What root's helper says.</summary>
internal static class ProgramAnswers
{
    private const int FingerprintDigits = 16;

    public static string Of(UpdateTerms terms) => string.Create(CultureInfo.InvariantCulture,
        $"{terms.Threshold} of {string.Join(", ", terms.Keys.Select(k => k.Fingerprint[..FingerprintDigits] + "…"))} for channel {terms.Channel} as {terms.DeviceClass}");
}
