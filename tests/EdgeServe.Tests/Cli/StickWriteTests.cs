using EdgeServe.Cli.Sticks;
using EdgeServe.Engine.Bundles;

namespace EdgeServe.Tests.Cli;

public sealed class StickWriteTests
{
    private static readonly Descriptor Largest = new("x", Digest.Of("a"u8), StickWriteVerb.LargestOnFat);
    private static readonly Descriptor TooLarge = Largest with { Size = StickWriteVerb.LargestOnFat + 1 };

    [Theory]
    [InlineData("msdos")]
    [InlineData("vfat")]
    [InlineData("FAT32")]
    public void A_file_of_4_GiB_is_refused_on_FAT_before_anything_is_copied(string format)
    {
        Assert.Null(StickWriteVerb.FatWarning([Largest], format));
        var refused = Assert.Throws<BundleException>(() => StickWriteVerb.FatWarning([Largest, TooLarge], format));
        Assert.Equal(BundleError.TooLarge, refused.Error);
        Assert.Contains("exFAT", refused.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("exfat")]
    public void Elsewhere_it_is_warned_of(string format) =>
        Assert.Contains("4 GiB", StickWriteVerb.FatWarning([TooLarge], format), StringComparison.Ordinal);
}
