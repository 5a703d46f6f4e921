using System.Globalization;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Channels;

namespace EdgeServe.Engine.Updates;

/// <summary>
/// What a channel must be beyond well signed, in this order: for us, new, not from two mouths, not from the far future,
/// and still valid. Nothing the index names has been read yet. Whether this program is new enough for its models is asked apart: the index
/// may bring the program that is.
/// </summary>
internal static class ChannelPolicy
{
    /// <summary>A signed number near the end of numbers would lock every later release out.</summary>
    public const long LargestJump = 1_000_000;

    private const int MostYears = 5;

    /// <summary>Before the first signature, time is at least when this program was made.</summary>
    private static readonly DateTimeOffset ProgramMade = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    /// <param name="channel">What the trusted keys signed.</param>
    /// <param name="digest">Of its bytes.</param>
    /// <param name="terms">Whom the device follows.</param>
    /// <param name="trust">How far it has come.</param>
    /// <exception cref="BundleException">The first rule it breaks.</exception>
    public static void Require(ChannelIndex channel, Digest digest, UpdateTerms terms, TrustState trust)
    {
        if (channel.Channel != terms.Channel)
            throw Refuse(BundleError.WrongChannel, $"the index is channel {channel.Channel}'s, this device follows {terms.Channel}", "Bring the channel this device is enrolled in.");
        if (!channel.DeviceClasses.Contains(terms.DeviceClass))
            throw Refuse(BundleError.WrongDeviceClass, $"channel {channel.Channel} is for {string.Join(", ", channel.DeviceClasses)}, this device is {terms.DeviceClass}", "Publish a channel for this class of devices.");
        Number(channel, digest, trust.MarkOf(channel.Channel));
        Time(channel, trust.SignedTime ?? ProgramMade);
    }

    /// <param name="channel">Verified.</param>
    /// <param name="program">Version of this program.</param>
    /// <exception cref="BundleException"><see cref="BundleError.ProgramTooOld"/>.</exception>
    public static void RequireProgram(ChannelIndex channel, Version program)
    {
        if (channel.MinProgram is { } least && Program(least) > program)
            throw Refuse(BundleError.ProgramTooOld, $"release {Text(channel.Release)} needs EdgeServe {least}, this is {program}", "Update the program first.");
    }

    private static void Number(ChannelIndex channel, Digest digest, TrustMark mark)
    {
        if (channel.Release < mark.Release)
            throw Refuse(BundleError.OlderRelease, $"release {Text(channel.Release)} is offered, the device has had {Text(mark.Release)}", "Nothing to do. To go back, publish the old models as a new release.");
        if (channel.Release == mark.Release && digest != mark.Digest)
            throw Refuse(BundleError.Equivocation, $"release {Text(channel.Release)} is signed twice: {mark.Digest} before, {digest} now", "Tell head office: publish what is right as a new release.");
        if (channel.Release - mark.Release > LargestJump)
            throw Refuse(BundleError.ReleaseJump, $"release {Text(channel.Release)} is more than {Text(LargestJump)} above {Text(mark.Release)}", "Number releases one after the other.");
    }

    private static void Time(ChannelIndex channel, DateTimeOffset known)
    {
        if (channel.Created > known.AddYears(MostYears))
            throw Refuse(BundleError.TimeJump, $"release {Text(channel.Release)} says it was made {channel.Created:yyyy-MM-dd}, more than {MostYears} years after {known:yyyy-MM-dd}", "Set the clock of the machine that signs.");
        if (channel.Expires is { } expires && expires <= known)
            throw Refuse(BundleError.Expired, $"release {Text(channel.Release)} was to be installed before {expires:yyyy-MM-dd}", "Bring a newer release; what serves goes on serving.");
    }

    /// <summary>A version such as 1.2, 1.2.3 or 1.2.3-rc.1.</summary>
    private static Version Program(string text)
    {
        string plain = text.Split('-', '+')[0];
        return Version.TryParse(plain.Contains('.', StringComparison.Ordinal) ? plain : plain + ".0", out var version)
            ? new Version(version.Major, version.Minor, Math.Max(0, version.Build))
            : throw Refuse(BundleError.Malformed, $"'{text}' is not a program version", "Use one such as 1.2.0.");
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static BundleException Refuse(BundleError error, string message, string hint) => new(error, message, hint);
}
