using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Updates;
using EdgeServe.Tests.Engine.Storage;

namespace EdgeServe.Tests.Engine.Updates;

public sealed class TrustStateTests
{
    private static readonly Digest One = Digest.Of("one"u8), Two = Digest.Of("two"u8);
    private static readonly DateTimeOffset Time = new(2026, 11, 20, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Nothing_is_ever_lowered_over_restarts_either()
    {
        using var folder = new TempFolder();
        var trust = new TrustState(folder.Path);
        trust.Advance("clinic", 7, One, Time);
        trust.Advance("clinic", 3, Two, Time.AddYears(-1));
        trust.Advance("field", 1, Two, Time.AddDays(1));
        Assert.Equal(new TrustMark("clinic", 7, One), trust.MarkOf("clinic"));
        var again = new TrustState(folder.Path);
        Assert.Equal(new TrustMark("clinic", 7, One), again.MarkOf("clinic"));
        Assert.Equal(new TrustMark("field", 1, Two), again.MarkOf("field"));
        Assert.Equal(new TrustMark("nobody", 0, null), again.MarkOf("nobody"));
        Assert.Equal(Time.AddDays(1), again.SignedTime);
    }

    [Fact]
    public void Two_truths_of_one_release_are_refused()
    {
        using var folder = new TempFolder();
        var trust = new TrustState(folder.Path);
        trust.Advance("clinic", 7, One, Time);
        Assert.Equal(BundleError.Equivocation, Assert.Throws<BundleException>(() => trust.Advance("clinic", 7, Two, Time)).Error);
        Assert.Equal(One, trust.MarkOf("clinic").Digest);
    }

    [Fact]
    public void One_damaged_copy_is_survived_and_two_let_nothing_in()
    {
        using var folder = new TempFolder();
        new TrustState(folder.Path).Advance("clinic", 7, One, Time);
        new TrustState(folder.Path).Advance("clinic", 8, Two, Time);
        string[] copies = [.. Directory.GetFiles(folder.Path, "trust*").Order(StringComparer.Ordinal)];
        Assert.Equal(2, copies.Length);
        foreach (string copy in copies)
        {
            byte[] good = File.ReadAllBytes(copy);
            byte[] bad = [.. good];
            bad[bad.Length / 2] ^= 1;
            File.WriteAllBytes(copy, bad);
            // The copy that is left is of the last write or of the one before it: never of none.
            Assert.InRange(new TrustState(folder.Path).MarkOf("clinic").Release, 7, 8);
            File.WriteAllBytes(copy, good);
        }

        foreach (string copy in copies)
            File.WriteAllText(copy, "rubbish");
        Assert.Equal(BundleError.StorageBroken, Assert.Throws<BundleException>(() => new TrustState(folder.Path)).Error);
    }
}
