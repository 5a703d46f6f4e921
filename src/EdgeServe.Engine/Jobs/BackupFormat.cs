using System.Text.RegularExpressions;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// A backup is a tar: the database as of one moment, the payload files its rows name, their keys, the box's identity and clock, and
/// last <c>SHA256SUMS</c>, which <c>sha256sum -c</c> understands. Nothing else may be in it.
/// </summary>
internal static partial class BackupFormat
{
    public const string Database = "jobs.db";
    public const string Keys = "jobs.keys";
    public const string Payloads = "payloads/";
    public const string Device = "device/";
    public const string Sums = "SHA256SUMS";

    public static bool IsExpected(string name) => Expected().IsMatch(name);

    [GeneratedRegex(@"^(jobs\.(db|keys)|payloads/[0-9a-f]{32}\.(request|result)|device/(identity|clock)\.[ab]|SHA256SUMS)$")]
    private static partial Regex Expected();
}
