namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>
/// The population stability index of a window against its reference, and how large chance alone makes it.
/// <para>PSI = sum over bins of (p - q) ln(p / q). It is never zero, even when nothing has changed: with n rows in the
/// window and m in the reference it is, in good approximation, (1/n + 1/m) times a chi-squared number with as many
/// degrees of freedom as there are bins less one. With ten bins, 240 rows and a reference of 569 that is 0.05 on average,
/// and among thirty features looked at 660 times in 20,000 rows it goes to 0.2 by chance: the customary 0.1 and 0.25
/// mean something only for thousands of rows. Hence the limits here are the larger of what the definition says and what
/// chance reaches once in 1/<see cref="WarnChance"/> or 1/<see cref="AlarmChance"/> looks at <em>all</em> features
/// together (Bonferroni). With the numbers above the alarm's floor is 0.36 at the default window of 240.</para>
/// <para>Two features moved by one standard deviation have a PSI of 0.8 to 1.2 once the window is full of them. Measured on the
/// breast-cancer data, rows drawn at random, window 240 in eight steps, two steps in a row above the limit: with its limit of
/// 0.5 none of 200 unshifted streams of 20,000 rows alarmed, the nearest came to 0.41 of the limit; all of 1,000 shifted ones
/// did, after 181 rows in the middle, 223 at the 99th in a hundred and 241 at most. With the default limit: 0.64, 153, 198 and 208.</para>
/// <para>A reference is a sample too. With profile and stream from different halves of the data, 284 rows each, 3 of 60
/// unshifted streams alarmed; from 143 rows that the profile has not seen, drawn again and again, 15 of 60: such a stream
/// does differ from its reference, and stays so. A profile wants some hundreds of rows, of the people it will be asked about.</para>
/// </summary>
internal static class Psi
{
    public const double WarnChance = 1e-3;
    public const double AlarmChance = 1e-6;

    /// <summary>
    /// Empty bins have no logarithm: each bin of the reference counts half a row more, and the window as many rows more as
    /// that is, spread like the reference, so that an empty window is exactly the reference.
    /// </summary>
    /// <param name="reference">Counts of the reference.</param>
    /// <param name="window">Counts of the window, as long.</param>
    /// <param name="freedom">Bins that anything fell into, less one.</param>
    public static double Of(ReadOnlySpan<long> reference, ReadOnlySpan<int> window, out int freedom)
    {
        double inReference = 0;
        double inWindow = 0;
        for (int i = 0; i < reference.Length; i++)
        {
            inReference += reference[i];
            inWindow += window[i];
        }

        double added = reference.Length / 2.0;
        double sum = 0;
        freedom = -1;
        for (int i = 0; i < reference.Length; i++)
        {
            // Nothing there and nothing expected: no news, and no part of the chance.
            if (reference[i] == 0 && window[i] == 0)
                continue;
            freedom++;
            double q = (reference[i] + 0.5) / (inReference + added);
            double p = (window[i] + (added * q)) / (inWindow + added);
            sum += (p - q) * Math.Log(p / q);
        }

        freedom = Math.Max(1, freedom);
        return sum;
    }

    /// <summary>What chance exceeds once in 1/<paramref name="chance"/> looks at <paramref name="looks"/> things at once.</summary>
    public static double ByChance(long inReference, long inWindow, int freedom, double chance, int looks) =>
        inReference == 0 || inWindow == 0 ? double.PositiveInfinity
            : ((1.0 / inReference) + (1.0 / inWindow)) * ChiSquared(freedom, Normal(chance / Math.Max(1, looks)));

    /// <summary>Wilson and Hilferty: the cube root of chi-squared is nearly normal.</summary>
    private static double ChiSquared(int freedom, double z)
    {
        double a = 2.0 / (9 * freedom);
        return freedom * Math.Pow(1 - a + (z * Math.Sqrt(a)), 3);
    }

    /// <summary>The point that a normal number exceeds with this chance; Abramowitz and Stegun 26.2.23, good to 0.0005.</summary>
    private static double Normal(double chance)
    {
        double t = Math.Sqrt(-2 * Math.Log(chance));
        return t - ((2.515517 + (0.802853 * t) + (0.010328 * t * t)) / (1 + (1.432788 * t) + (0.189269 * t * t) + (0.001308 * t * t * t)));
    }
}
