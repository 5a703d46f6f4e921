using System.Globalization;

namespace EdgeServe.AcceptanceTests.Jobs;

/// <summary>How much of each fault is tried. scripts/faults and scripts/test --all ask for more than a run on every change does.</summary>
internal static class FaultSettings
{
    /// <summary>Kills in all.</summary>
    public static int Kills { get; } = int.Parse(Environment.GetEnvironmentVariable("FAULT_KILLS") ?? "15", CultureInfo.InvariantCulture);

    /// <summary>Every step, every page, every size - or some of them.</summary>
    public static bool Every { get; } = Environment.GetEnvironmentVariable("FAULT_EVERY") == "1";

    /// <summary>Of a row of possibilities, those to be tried in this run: all, or one in so many.</summary>
    public static bool Tries(int number, int oneIn) => Every || number % oneIn == 0;
}
