using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Signing;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Updates;
using EdgeServe.Engine.Updates.Enrolment;
using EdgeServe.Engine.Updates.Programs;
using EdgeServe.TestModels;
using EdgeServe.Tests.Engine.Storage;

namespace EdgeServe.Tests.Engine.Updates.Programs;

public sealed class ProgramTrustTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestChannel _office = new();
    private readonly TestChannel _thief = new();

    private ProgramTrust Trust(UpdateTerms? configured = null) => new(new ProgramPlace(_folder["root"]), configured);

    private DoubledFile Service => new(_folder["service/enrolment"]);

    [Fact]
    public void The_first_enrolment_is_copied_and_a_service_that_changes_it_later_changes_nothing()
    {
        Assert.Equal(BundleError.NotEnrolled, Assert.Throws<BundleException>(() => Trust().Require()).Error);
        Assert.Equal(BundleError.NotEnrolled, Assert.Throws<BundleException>(() => Trust().Pin(Service)).Error);
        Enrol(_office);
        Trust().Pin(Service);
        Enrol(_thief);
        Assert.Equal(BundleError.AlreadyEnrolled, Assert.Throws<BundleException>(() => Trust().Pin(Service)).Error);
        Trust().PinIfNone(Service);
        Assert.Equal([Fingerprint(_office)], Trust().Require().Keys.Select(k => k.Fingerprint));
        // Root's own word does.
        Trust().Replace(Terms(_thief));
        Assert.Equal([Fingerprint(_thief)], Trust().Require().Keys.Select(k => k.Fingerprint));
    }

    [Fact]
    public void Keys_of_the_configuration_go_before_any_enrolment()
    {
        Enrol(_thief);
        var configured = new UpdateTerms("clinic", "test", [TrustedKey.FromPem(_office.PublicKey)], 1, null);
        Assert.Same(configured, Trust(configured).Pin(Service));
        Assert.Same(configured, Trust(configured).Require());
        Assert.False(File.Exists(_folder["root/terms.a"]) || File.Exists(_folder["root/terms.b"]));
    }

    [Fact]
    public void A_damaged_copy_is_not_replaced_by_the_service()
    {
        Enrol(_office);
        Trust().Pin(Service);
        foreach (string copy in (string[])["terms.a", "terms.b"])
            File.WriteAllText(Path.Combine(_folder["root"], copy), "damaged");
        Enrol(_thief);
        Assert.Equal(BundleError.StorageBroken, Assert.Throws<BundleException>(() => Trust().PinIfNone(Service)).Error);
    }

    private void Enrol(TestChannel with)
    {
        Directory.CreateDirectory(_folder["service"]);
        Service.WriteBoth(EnrolmentFile.Write(Terms(with)));
    }

    private static EnrolmentTerms Terms(TestChannel of) => new("clinic", "test", [of.PublicKey], 1);

    private static string Fingerprint(TestChannel of) => TrustedKey.FromPem(of.PublicKey).Fingerprint;

    public void Dispose()
    {
        _office.Dispose();
        _thief.Dispose();
        _folder.Dispose();
    }
}
