using System.Diagnostics;
using CsCheck;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Store;
using EdgeServe.Tests.Engine.Storage;

namespace EdgeServe.Tests.Engine.Bundles.Store;

public sealed class ContentStoreTests
{
    private static readonly byte[] Content = Bytes(300_000, 1);
    private static readonly Descriptor Blob = new("x", Digest.Of(Content), Content.Length);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void A_cut_at_any_byte_is_resumed_there_and_nothing_is_fetched_twice() => Gen.Int[0, Content.Length - 1].Sample(cut =>
    {
        using var folder = new TempFolder();
        var source = new FakeSource(Content) { EndAfter = cut };
        Assert.Equal(BundleError.SourceUnavailable, Refused(Store(folder), source));
        Assert.Equal(cut, Store(folder).BytesHeld(Blob));
        long rest = Store(folder).IngestAsync(source, Blob, null, CancellationToken.None).GetAwaiter().GetResult();
        Assert.Equal((Content.Length - cut, 0L, (long)cut), (rest, source.Offsets[0], source.Offsets[1]));
        Assert.Equal(Content, File.ReadAllBytes(Store(folder).PathOf(Blob.Digest)));
        Assert.Empty(Directory.GetFiles(folder["ingest"]));
    }, iter: 60);

    [Fact]
    public async Task A_source_that_cannot_resume_begins_anew()
    {
        using var folder = new TempFolder();
        Refused(Store(folder), new FakeSource(Content) { EndAfter = 1000 });
        await Store(folder).IngestAsync(new FakeSource(Content) { AlwaysFromTheStart = true }, Blob, null, Stop);
        Assert.True(Store(folder).Has(Blob));
    }

    [Fact]
    public void Other_bytes_are_refused_and_dropped()
    {
        using var folder = new TempFolder();
        byte[] altered = [.. Content];
        altered[^1] ^= 1;
        Assert.Equal(BundleError.DigestMismatch, Refused(Store(folder), new FakeSource(altered)));
        Assert.Empty(Directory.GetFiles(folder["ingest"]));
        Assert.False(Store(folder).Has(Blob));
    }

    [Fact]
    public async Task A_part_of_wrong_bytes_does_not_spoil_a_good_source()
    {
        using var folder = new TempFolder();
        Refused(Store(folder), new FakeSource(Bytes(Content.Length, 2)) { EndAfter = 70_000 });
        var good = new FakeSource(Content);
        await Store(folder).IngestAsync(good, Blob, null, Stop);
        Assert.Equal([70_000, 0], good.Offsets);
        Assert.True(Store(folder).Has(Blob));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5_000_000)]
    public void A_longer_body_is_cut_off_at_once(int more)
    {
        using var folder = new TempFolder();
        Assert.Equal(BundleError.SizeMismatch, Refused(Store(folder), new FakeSource([.. Content, .. new byte[more]])));
        Assert.Empty(Directory.GetFiles(folder["ingest"]));
    }

    [Fact]
    public async Task A_kill_before_the_rename_costs_no_transfer()
    {
        using var folder = new TempFolder();
        Refused(Store(folder), new FakeSource(Content) { EndAfter = 1 });
        await File.WriteAllBytesAsync(folder["ingest/" + Blob.Digest.Hex + ".part"], Content, Stop);
        Assert.Equal(0, await Store(folder).IngestAsync(new FakeSource([]), Blob, null, Stop));
        Assert.True(Store(folder).Has(Blob));
    }

    [Fact]
    public async Task A_blob_has_its_name_only_when_all_of_it_is_there()
    {
        using var folder = new TempFolder();
        var store = Store(folder);
        var seen = new List<bool>();
        await store.IngestAsync(new FakeSource(Content), Blob, new Listener(_ => seen.Add(File.Exists(store.PathOf(Blob.Digest)))), Stop);
        Assert.True(seen.Count > 3);
        Assert.DoesNotContain(true, seen);
    }

    [Fact]
    public void Too_little_room_is_refused_before_anything_is_asked()
    {
        using var folder = new TempFolder();
        var source = new FakeSource(Content);
        var refusal = Assert.Throws<BundleException>(() => Store(folder).IngestAsync(source, Blob with { Size = long.MaxValue / 2 }, null, Stop).GetAwaiter().GetResult());
        Assert.Equal(BundleError.DiskFull, refusal.Error);
        Assert.Empty(source.Offsets);
    }

    [Fact]
    public async Task A_disk_that_fills_up_on_the_way_is_said_so_and_the_next_attempt_goes_on()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting a disk of its own needs root");
        string disk = Directory.CreateTempSubdirectory("edgeserve-full-").FullName;
        Process.Start("mount", ["-t", "tmpfs", "-o", "size=1m", "edgeserve-test", disk]).WaitForExit();
        try
        {
            var store = new ContentStore(Path.Combine(disk, "store"), Path.Combine(disk, "ingest"));
            string filler = Path.Combine(disk, "filler");
            Assert.Equal(BundleError.DiskFull, Refused(store, new FakeSource(Content) { BeforeRead = () => File.WriteAllBytes(filler, new byte[850_000]) }));
            File.Delete(filler);
            await store.IngestAsync(new FakeSource(Content), Blob, null, Stop);
            Assert.True(store.Has(Blob));
        }
        finally
        {
            Process.Start("umount", ["-l", disk]).WaitForExit();
            Directory.Delete(disk);
        }
    }

    [Fact]
    public async Task Garbage_is_all_but_what_is_kept()
    {
        using var folder = new TempFolder();
        var store = Store(folder);
        var kept = await store.PutAsync("{}"u8.ToArray());
        await store.PutAsync("[]"u8.ToArray());
        Refused(store, new FakeSource(Content) { EndAfter = 100 });
        Assert.Equal(new GarbageReport(2, 102), store.CollectGarbage(new HashSet<Digest> { kept }));
        Assert.Equal("{}"u8.ToArray(), store.ReadManifest(kept));
        Assert.Equal(0, store.CollectGarbage(new HashSet<Digest> { kept }).Files);
    }

    [Fact]
    public async Task Scrub_removes_what_is_damaged_and_the_next_source_heals_it()
    {
        using var folder = new TempFolder();
        var store = Store(folder);
        await store.PutAsync("{}"u8.ToArray());
        await store.IngestAsync(new FakeSource(Content), Blob, null, Stop);
        byte[] flipped = [.. Content];
        flipped[123_456] ^= 4;
        await File.WriteAllBytesAsync(store.PathOf(Blob.Digest), flipped, Stop);
        var report = await store.ScrubAsync(TimeProvider.System, Stop);
        Assert.Equal((2, Content.Length + 2L), (report.Blobs, report.Bytes));
        Assert.Equal([Blob.Digest], report.Damaged);
        Assert.Equal(Content.Length, await store.IngestAsync(new FakeSource(Content), Blob, null, Stop));
        Assert.Empty((await store.ScrubAsync(TimeProvider.System, Stop)).Damaged);
    }

    [Fact]
    public async Task A_damaged_manifest_is_refused_and_removed()
    {
        using var folder = new TempFolder();
        var store = Store(folder);
        var digest = await store.PutAsync("{}"u8.ToArray());
        await File.WriteAllTextAsync(store.PathOf(digest), "{ ", Stop);
        Assert.Equal(BundleError.DigestMismatch, Assert.Throws<BundleException>(() => store.ReadManifest(digest)).Error);
        Assert.Equal(BundleError.NotFound, Assert.Throws<BundleException>(() => store.ReadManifest(digest)).Error);
    }

    private static ContentStore Store(TempFolder folder) => new(folder["store"], folder["ingest"]);

    private static BundleError Refused(ContentStore store, IContentSource source) =>
        Assert.Throws<BundleException>(() => store.IngestAsync(source, Blob, null, CancellationToken.None).GetAwaiter().GetResult()).Error;

    private static byte[] Bytes(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private sealed class Listener(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
