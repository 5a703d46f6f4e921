using System.Globalization;

namespace EdgeServe.Engine.Updates.Programs;

/// <summary>
/// Root's folder for programs, which everybody may read and only root write. <c>trial/about</c> is there while a program is on trial;
/// <c>record</c> says what became of each; <c>failed</c> lists those that were taken back. Written by <c>packaging/program</c>.
/// </summary>
internal sealed class ProgramPlace(string directory)
{
    public const string AboutName = "about", PackageName = "next.deb";

    /// <summary>Its size is bounded by who writes it.</summary>
    private const int MostLines = 200;

    public string Directory => directory;

    /// <summary>What was verified waits here for its installation.</summary>
    public string Next => Path.Combine(directory, "next");

    public string Trial => TrialOf(directory);

    /// <summary>Is a program on trial, this one most likely?</summary>
    public bool IsOnTrial => File.Exists(Trial);

    /// <summary>Versions that were taken back.</summary>
    public IReadOnlySet<string> Failed => Lines("failed").ToHashSet(StringComparer.Ordinal);

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<ProgramEvent> Record => [.. Lines("record").Select(Event).OfType<ProgramEvent>()];

    /// <summary>The file that is there while a program is on trial.</summary>
    public static string TrialOf(string directory) => Path.Combine(directory, "trial", AboutName);

    private string[] Lines(string name)
    {
        try
        {
            return [.. File.ReadLines(Path.Combine(directory, name)).Take(MostLines)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nothing was ever tried.
            return [];
        }
    }

    private static ProgramEvent? Event(string line) =>
        line.Split('\t') is [var number, var time, var code, var version, var previous, var release, var reason]
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long n) && long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out long at)
            && long.TryParse(release, NumberStyles.None, CultureInfo.InvariantCulture, out long of)
            ? new ProgramEvent(n, at, code, version, previous, of, reason) : null;
}
