using System.Globalization;
using EdgeServe.Engine.Device;

namespace EdgeServe.Engine.Sync;

/// <summary>
/// <c>Retry-After</c> (RFC 9110, section 10.2.3), within reason. A date is measured against the date of the same answer:
/// this box's clock may be years off.
/// </summary>
internal static class RetryAfter
{
    /// <summary>No server keeps a box silent for longer than this at a time.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <param name="value">The header's text; null: none.</param>
    /// <param name="answered">The <c>Date</c> of the answer.</param>
    /// <param name="now">By this box's clock.</param>
    /// <param name="quality">How far that can be believed.</param>
    /// <returns>Null when it says nothing that can be followed.</returns>
    public static TimeSpan? Read(string? value, DateTimeOffset? answered, DateTimeOffset now, ClockQuality quality)
    {
        if (value is null)
            return null;
        string text = value.Trim();
        // Digits only: what is too long to be a number is too long to wait.
        if (text.Length > 0 && !text.AsSpan().ContainsAnyExceptInRange('0', '9'))
            return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds <= Longest.TotalSeconds ? TimeSpan.FromSeconds(seconds) : Longest;
        if (!DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
            return null;
        if (answered is null && quality is not (ClockQuality.Synchronized or ClockQuality.Free))
            return null;
        var wait = date - (answered ?? now);
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait > Longest ? Longest : wait;
    }
}
