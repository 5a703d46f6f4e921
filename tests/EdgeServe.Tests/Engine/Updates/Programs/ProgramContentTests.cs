using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Channels;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Bundles.Packing;
using EdgeServe.Engine.Updates.Programs;
using EdgeServe.TestModels;
using EdgeServe.Tests.Engine.Storage;

namespace EdgeServe.Tests.Engine.Updates.Programs;

public sealed class ProgramContentTests
{
    private static readonly DateTimeOffset Signed = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_package_is_packed_named_by_a_channel_and_read_back()
    {
        using var folder = new TempFolder();
        File.WriteAllBytes(folder["it.deb"], TestPackage.Make("1.1.0+jetson", "arm64"));
        var (tag, digest, content) = ProgramPacker.Pack(folder["it.deb"], folder["layout"], null);
        Assert.Equal("program-1.1.0_jetson-arm64", tag);
        Assert.Equal(digest, ProgramPacker.Pack(folder["it.deb"], folder["other"], null).Digest);
        var layout = ImageLayout.Open(folder["layout"]);
        var fetched = (await layout.ResolveAsync(tag, null, TestContext.Current.CancellationToken))!;
        var channel = ChannelIndex.Read(ChannelBuilder.Build(Channel(new ChannelProgram(content.Version, content.Architecture, new Descriptor(MediaTypes.Manifest, digest, fetched.Content.Length)))));
        var program = Assert.Single(channel.Programs);
        Assert.Equal(("1.1.0+jetson", "arm64", "+jetson"), (program.Version, program.Architecture, program.Flavour));
        Assert.Equal(Digest.Of(File.ReadAllBytes(folder["it.deb"])), ProgramContent.Read(program, fetched.Content).Package.Digest);
        Assert.Single(channel.Models);
        Assert.Equal(BundleError.ForbiddenContent, Assert.Throws<BundleException>(() => ProgramContent.Read(program with { Version = "1.2.0+jetson" }, fetched.Content)).Error);
        // Each kind of machine takes its own.
        Assert.NotNull(new InstalledProgram("1.0.0+jetson", "arm64").Candidate(channel));
        Assert.Null(new InstalledProgram("1.0.0", "arm64").Candidate(channel));
        Assert.Null(new InstalledProgram("1.0.0+jetson", "amd64").Candidate(channel));
    }

    [Fact]
    public void A_package_of_another_name_is_not_packed()
    {
        using var folder = new TempFolder();
        File.WriteAllBytes(folder["it.deb"], TestPackage.Make("1.1.0", "arm64", "bash"));
        Assert.Equal(BundleError.ForbiddenContent, Assert.Throws<BundleException>(() => ProgramPacker.Pack(folder["it.deb"], folder["layout"], null)).Error);
    }

    [Fact]
    public void Two_programs_for_one_kind_of_machine_are_refused()
    {
        ChannelProgram Program(string version) => new(version, "arm64", new Descriptor(MediaTypes.Manifest, Digest.Of(System.Text.Encoding.UTF8.GetBytes(version)), 1));
        ChannelBuilder.Build(Channel(Program("1.0"), Program("1.0+jetson")));
        Assert.Equal(BundleError.Malformed, Assert.Throws<BundleException>(() => ChannelBuilder.Build(Channel(Program("1.0"), Program("1.1")))).Error);
    }

    [Fact]
    public void What_root_wrote_is_read_and_what_is_none_of_it_left_out()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["record"], "1\t1700000000\tprogram_on_trial\t1.1.0\t1.0.0\t7\t\nnonsense\n2\t1700000100\tprogram_returned\t1.1.0\t1.0.0\t7\tit was not ready within 120 seconds\n");
        var place = new ProgramPlace(folder.Path);
        Assert.Equal([1, 2], place.Record.Select(e => e.Number));
        Assert.Equal("program 1.1.0 was taken back, 1.0.0 is installed again: it was not ready within 120 seconds", place.Record[1].Message);
        Assert.True(place.Record[1].IsTrouble);
        Assert.Empty(place.Failed);
    }

    private static ChannelIndex Channel(params ChannelProgram[] programs) =>
        new("clinic", 7, ["pi"], Signed, null, null, [new ChannelModel("add", 1, new Descriptor(MediaTypes.Manifest, Digest.Of("add"u8), 3))]) { Programs = programs };
}
