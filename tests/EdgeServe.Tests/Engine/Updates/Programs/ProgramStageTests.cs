using System.Security.Cryptography;
using System.Text.Json.Nodes;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Bundles.Signing;
using EdgeServe.Engine.Updates;
using EdgeServe.Engine.Updates.Programs;
using EdgeServe.TestModels;
using EdgeServe.Tests.Engine.Storage;

namespace EdgeServe.Tests.Engine.Updates.Programs;

/// <summary>Root's half of a program update against everything a service that was taken over could hand it.</summary>
public sealed class ProgramStageTests : IDisposable
{
    private const string Present = "1.0.0", Next = "1.1.0", Machine = "amd64";
    private static readonly byte[] Good = TestPackage.Make(Next, Machine);
    private readonly TempFolder _folder = new();
    private readonly TestChannel _office = new();
    private readonly ECDsa _second = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private string HandOver => _folder["hand-over"];

    private ProgramPlace Place { get; }

    public ProgramStageTests() => Place = new ProgramPlace(Directory.CreateDirectory(_folder["place"]).FullName);

    [Fact]
    public async Task What_is_verified_waits_where_only_root_writes_and_the_counters_have_moved()
    {
        Release(7, Good);
        await StageAsync();
        Assert.Equal($"version={Next}\nprevious={Present}\nrelease=7\n", await File.ReadAllTextAsync(Path.Combine(Place.Next, "about"), TestContext.Current.CancellationToken));
        Assert.Equal(Good, await File.ReadAllBytesAsync(Path.Combine(Place.Next, "next.deb"), TestContext.Current.CancellationToken));
        Assert.Equal(7, new TrustState(Place.Directory).MarkOf("clinic").Release);
        Assert.Equal(["next"], Directory.GetDirectories(Place.Directory).Select(Path.GetFileName));
        // While it waits, nothing takes its place.
        await RefusedAsync(BundleError.Held);
    }

    [Theory]
    [InlineData("no signature", BundleError.Unsigned)]
    [InlineData("a stranger's key", BundleError.ThresholdNotMet)]
    [InlineData("one of two keys", BundleError.ThresholdNotMet)]
    [InlineData("another channel", BundleError.WrongChannel)]
    [InlineData("another class", BundleError.WrongDeviceClass)]
    [InlineData("expired", BundleError.Expired)]
    [InlineData("an older release", BundleError.OlderRelease)]
    [InlineData("the same release with other content", BundleError.Equivocation)]
    [InlineData("no program at all", BundleError.NotFound)]
    [InlineData("another architecture", BundleError.NotFound)]
    [InlineData("another board", BundleError.NotFound)]
    [InlineData("the version that is installed", BundleError.OlderProgram)]
    [InlineData("an older version", BundleError.OlderProgram)]
    [InlineData("a version that failed", BundleError.ProgramFailed)]
    [InlineData("a package of another name", BundleError.ForbiddenContent)]
    [InlineData("a package of another version", BundleError.ForbiddenContent)]
    [InlineData("a package of another architecture", BundleError.ForbiddenContent)]
    [InlineData("no package", BundleError.ForbiddenContent)]
    [InlineData("a manifest of another kind", BundleError.Malformed)]
    [InlineData("a version that is a path", BundleError.Malformed)]
    [InlineData("an altered package", BundleError.DigestMismatch)]
    [InlineData("a package cut short", BundleError.SizeMismatch)]
    [InlineData("a package that is a link", BundleError.UnsafeFile)]
    [InlineData("a package that is a pipe", BundleError.UnsafeFile)]
    [InlineData("a folder that is a link", BundleError.UnsafeFile)]
    [InlineData("an index that is a link", BundleError.UnsafeFile)]
    [InlineData("a hand-over that is a link", BundleError.NotFound)]
    [InlineData("nothing", BundleError.NotFound)]
    [InlineData("no keys", BundleError.NotEnrolled)]
    public async Task What_is_wrong_is_refused_leaves_nothing_and_the_next_good_one_is_taken(string what, BundleError error)
    {
        var trusted = Trusted(what == "one of two keys");
        Prepare(what);
        await RefusedAsync(error, what == "no keys" ? null : trusted);
        Assert.Empty(Directory.GetDirectories(Place.Directory));
        Assert.False(Place.IsOnTrial);

        if (Directory.Exists(HandOver))
            Directory.Delete(HandOver, recursive: !File.GetAttributes(HandOver).HasFlag(FileAttributes.ReparsePoint));
        _office.Clear();
        Release(20, TestPackage.Make("1.2.0", Machine), "1.2.0");
        await StageAsync();
        Assert.True(File.Exists(Path.Combine(Place.Next, "about")));
    }

    private void Prepare(string what)
    {
        switch (what)
        {
            case "no signature": Release(7, Good); File.WriteAllText(Path.Combine(HandOver, "index.json"), Unsigned()); break;
            case "a stranger's key": Release(7, Good, signers: _stranger); break;
            case "another channel": Release(7, Good, change: i => i["annotations"]!["io.edgeserve.channel"] = "ward"); break;
            case "another class": Release(7, Good, change: i => i["annotations"]!["io.edgeserve.device-class"] = "pi5"); break;
            case "expired": Release(7, Good, change: i => i["annotations"]!["io.edgeserve.expires"] = "2026-10-01T00:00:00Z"); break;
            case "an older release": Had(9, Digest.Of("other"u8)); Release(7, Good); break;
            case "the same release with other content": Had(7, Digest.Of("other"u8)); Release(7, Good); break;
            case "no program at all": Models(); _office.Write(HandOver, 7); break;
            case "another architecture": Release(7, Good, architecture: "arm64"); break;
            case "another board": Release(7, TestPackage.Make(Next + "+jetson", Machine), Next + "+jetson"); break;
            case "the version that is installed": Release(7, TestPackage.Make(Present, Machine), Present); break;
            case "an older version": Release(7, TestPackage.Make("1.0.0~rc1", Machine), "1.0.0~rc1"); break;
            case "a version that failed": File.WriteAllText(Path.Combine(Place.Directory, "failed"), "0.9\n" + Next + "\n"); Release(7, Good); break;
            case "a package of another name": Release(7, TestPackage.Make(Next, Machine, "bash")); break;
            case "a package of another version": Release(7, TestPackage.Make("1.1.1", Machine)); break;
            case "a package of another architecture": Release(7, TestPackage.Make(Next, "arm64")); break;
            case "no package": Release(7, "#!/bin/sh\nid\n"u8.ToArray()); break;
            case "a manifest of another kind": Models(); _office.Write(HandOver, 7, MakeModelTheProgram); break;
            case "a version that is a path": Release(7, Good, "1.1/../../etc"); break;
            case "an altered package": Release(7, Good); Change(b => b[^1] ^= 1); break;
            case "a package cut short": Release(7, Good); File.WriteAllBytes(Package(), Good[..^1]); break;
            case "a package that is a link": Release(7, Good); Move(Package(), (from, to) => File.CreateSymbolicLink(from, to)); break;
            case "a package that is a pipe": Release(7, Good); File.Delete(Package()); System.Diagnostics.Process.Start("mkfifo", [Package()]).WaitForExit(); break;
            case "a folder that is a link": Release(7, Good); MoveFolder(Path.Combine(HandOver, "blobs")); break;
            case "an index that is a link": Release(7, Good); Move(Path.Combine(HandOver, "index.json"), (from, to) => File.CreateSymbolicLink(from, to)); break;
            case "a hand-over that is a link": Release(7, Good); MoveFolder(HandOver); break;
            case "nothing": break;
            default: Release(7, Good); break;
        }
    }

    private void Models() => _office.Add("add", 1, ("model.onnx", TestGraphs.Add()));

    private void Release(long number, byte[] package, string version = Next, string architecture = Machine, Action<JsonObject>? change = null, params ECDsa[] signers)
    {
        Models();
        _office.AddProgram(version, architecture, package).Write(HandOver, number, change, signers);
    }

    private void Had(long release, Digest digest) => new TrustState(Place.Directory).Advance("clinic", release, digest, new DateTimeOffset(2026, 11, 19, 0, 0, 0, TimeSpan.Zero));

    private static void MakeModelTheProgram(JsonObject index)
    {
        var child = (JsonObject)index["manifests"]![0]!.DeepClone();
        child["annotations"] = new JsonObject { ["io.edgeserve.program"] = Next, ["io.edgeserve.architecture"] = Machine };
        ((JsonArray)index["manifests"]!).Add((JsonNode)child);
    }

    private string Unsigned()
    {
        var index = JsonNode.Parse(File.ReadAllText(Path.Combine(HandOver, "index.json")))!;
        ((JsonArray)index["manifests"]!).RemoveAt(1);
        return index.ToJsonString();
    }

    private string Package() => Path.Combine(HandOver, "blobs", "sha256", Digest.Of(Good).Hex);

    private void Change(Action<byte[]> change)
    {
        byte[] content = File.ReadAllBytes(Package());
        change(content);
        File.WriteAllBytes(Package(), content);
    }

    private void Move(string file, Action<string, string> link)
    {
        string to = _folder["elsewhere"];
        File.Move(file, to);
        link(file, to);
    }

    private void MoveFolder(string folder)
    {
        Directory.Move(folder, _folder["elsewhere"]);
        Directory.CreateSymbolicLink(folder, _folder["elsewhere"]);
    }

    private UpdateTerms Trusted(bool both = false) =>
        new("clinic", "test", [TrustedKey.FromPem(_office.PublicKey), TrustedKey.FromPem(_second.ExportSubjectPublicKeyInfoPem())], both ? 2 : 1, null);

    private Task StageAsync() => StageAsync(Trusted());

    private Task StageAsync(UpdateTerms? terms) =>
        new ProgramStage(Place, new ProgramTrust(Place, terms), () => new InstalledProgram(Present, Machine)).RunAsync(ImageLayout.Open(HandOver), TestContext.Current.CancellationToken);

    private Task RefusedAsync(BundleError error) => RefusedAsync(error, Trusted());

    private async Task RefusedAsync(BundleError error, UpdateTerms? terms) => Assert.Equal(error, (await Assert.ThrowsAsync<BundleException>(() => StageAsync(terms))).Error);

    public void Dispose()
    {
        _office.Dispose();
        _second.Dispose();
        _stranger.Dispose();
        _folder.Dispose();
    }
}
