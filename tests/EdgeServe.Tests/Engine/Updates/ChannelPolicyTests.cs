using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Channels;
using EdgeServe.Engine.Updates;
using EdgeServe.Tests.Engine.Storage;

namespace EdgeServe.Tests.Engine.Updates;

/// <summary>What a well-signed channel may not say, at each rule's edge.</summary>
public sealed class ChannelPolicyTests
{
    private static readonly Digest Known = Digest.Of("known"u8), Other = Digest.Of("other"u8);
    private static readonly DateTimeOffset Signed = new(2026, 11, 20, 10, 0, 0, TimeSpan.Zero);
    private static readonly UpdateTerms Terms = new("clinic", "pi", [], 1, null);

    [Theory]
    [InlineData(10, true, null)]
    [InlineData(10, false, BundleError.Equivocation)]
    [InlineData(9, false, BundleError.OlderRelease)]
    [InlineData(11, false, null)]
    [InlineData(1_000_010, false, null)]
    [InlineData(1_000_011, false, BundleError.ReleaseJump)]
    [InlineData(long.MaxValue, false, BundleError.ReleaseJump)]
    public void Release_numbers(long release, bool same, BundleError? error) =>
        Require(error, Channel(release), same ? Known : Other);

    [Theory]
    [InlineData("2031-11-20T10:00:00Z", null, null)]
    [InlineData("2031-11-20T10:00:01Z", null, BundleError.TimeJump)]
    [InlineData("2020-01-01T00:00:00Z", null, null)]
    [InlineData("2026-11-01T00:00:00Z", "2026-11-20T10:00:00Z", BundleError.Expired)]
    [InlineData("2026-11-01T00:00:00Z", "2026-11-20T10:00:01Z", null)]
    public void Signed_time_and_expiry_by_signed_time_alone(string created, string? expires, BundleError? error) =>
        Require(error, Channel(11) with { Created = At(created), Expires = expires is null ? null : At(expires) }, Other);

    [Theory]
    [InlineData("1.2.3", null)]
    [InlineData("1.2", null)]
    [InlineData("1", null)]
    [InlineData("1.2.3-rc.1", null)]
    [InlineData("1.2.4", BundleError.ProgramTooOld)]
    [InlineData("2", BundleError.ProgramTooOld)]
    [InlineData("newest", BundleError.Malformed)]
    public void Program_versions(string least, BundleError? error) => Require(error, Channel(11) with { MinProgram = least }, Other);

    [Theory]
    [InlineData("clinic", "jetson,pi", null)]
    [InlineData("clinic", "pi5", BundleError.WrongDeviceClass)]
    [InlineData("clinic-2", "pi", BundleError.WrongChannel)]
    public void For_whom(string channel, string classes, BundleError? error) =>
        Require(error, Channel(11) with { Channel = channel, DeviceClasses = classes.Split(',') }, Other);

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static ChannelIndex Channel(long release) => new("clinic", release, ["pi"], Signed, null, null, []);

    /// <summary>On a device that has had release 10, signed at <see cref="Signed"/>.</summary>
    private static void Require(BundleError? error, ChannelIndex channel, Digest digest)
    {
        using var folder = new TempFolder();
        var trust = new TrustState(folder.Path);
        trust.Advance("clinic", 10, Known, Signed);
        var refused = Record.Exception(() =>
        {
            ChannelPolicy.Require(channel, digest, Terms, trust);
            ChannelPolicy.RequireProgram(channel, new Version(1, 2, 3));
        });
        Assert.Equal(error, (refused as BundleException)?.Error);
        if (error is null)
            Assert.Null(refused);
    }
}
