using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Updates.Enrolment;
using EdgeServe.Tests.Engine.Storage;

namespace EdgeServe.Tests.Engine.Updates.Enrolment;

public sealed class DeviceEnrolmentTests
{
    [Fact]
    public void A_box_is_enrolled_once_and_stays_so_over_restarts_with_a_key_of_its_own()
    {
        using var folder = new TempFolder();
        var first = Open(folder);
        Assert.False(first.IsEnrolled);
        Assert.Equal(BundleError.NotEnrolled, Assert.Throws<BundleException>(() => first.Require()).Error);
        int changes = 0;
        first.Changed += () => changes++;
        Assert.True(first.Enrol(EnrolmentFile.Write(TestKeys.Terms()), replace: false));
        Assert.False(first.Enrol(EnrolmentFile.Write(TestKeys.Terms()), replace: false));
        Assert.Equal(1, changes);
        Assert.Equal("clinic", Open(folder).Require().Channel);
        string key = new DeviceKey(folder.Path).PublicPem()!;
        Assert.True(PublicKeys.TrySigning(key, out _, out _));
        Assert.All(Directory.GetFiles(folder.Path, "key.*"), copy => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(copy).UnixFileMode));
    }

    [Fact]
    public void Other_terms_are_refused_unless_told_to_replace_and_keep_the_boxs_key_and_counters()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["trust.a"], "counters");
        var box = Open(folder);
        box.Enrol(EnrolmentFile.Write(TestKeys.Terms()), replace: false);
        string key = new DeviceKey(folder.Path).PublicPem()!;
        var refusal = Assert.Throws<BundleException>(() => box.Enrol(EnrolmentFile.Write(TestKeys.Terms("other")), replace: false));
        Assert.Equal(BundleError.AlreadyEnrolled, refusal.Error);
        Assert.Equal("clinic", box.Require().Channel);
        Assert.True(box.Enrol(EnrolmentFile.Write(TestKeys.Terms("other")), replace: true));
        Assert.Equal("other", Open(folder).Require().Channel);
        Assert.Equal(key, new DeviceKey(folder.Path).PublicPem());
        Assert.Equal("counters", File.ReadAllText(folder["trust.a"]));
    }

    [Fact]
    public void A_bad_file_changes_nothing()
    {
        using var folder = new TempFolder();
        var box = Open(folder);
        Assert.Equal(BundleError.Malformed, Assert.Throws<BundleException>(() => box.Enrol("{}"u8.ToArray(), replace: true)).Error);
        Assert.Empty(Directory.GetFiles(folder.Path));
        Assert.False(box.IsEnrolled);
    }

    [Fact]
    public void One_damaged_copy_costs_nothing_and_two_leave_a_box_that_is_not_free_to_take()
    {
        using var folder = new TempFolder();
        Open(folder).Enrol(EnrolmentFile.Write(TestKeys.Terms()), replace: false);
        string key = new DeviceKey(folder.Path).PublicPem()!;
        File.WriteAllBytes(folder["enrolment.a"], []);
        File.WriteAllBytes(folder["key.b"], [1, 2, 3]);
        Assert.Equal("clinic", Open(folder).Require().Channel);
        Assert.Equal(key, new DeviceKey(folder.Path).PublicPem());
        File.WriteAllBytes(folder["enrolment.b"], []);
        var damaged = Open(folder);
        Assert.True(damaged.IsEnrolled);
        Assert.NotNull(damaged.Trouble);
        Assert.Equal(BundleError.AlreadyEnrolled, Assert.Throws<BundleException>(() => damaged.Enrol(EnrolmentFile.Write(TestKeys.Terms("thief")), replace: false)).Error);
        Assert.True(damaged.Enrol(EnrolmentFile.Write(TestKeys.Terms()), replace: true));
        Assert.Null(damaged.Trouble);
    }

    private static DeviceEnrolment Open(TempFolder folder) => new(folder.Path, new DeviceKey(folder.Path));
}
