using System.Security.Cryptography;
using System.Text.Json;
using EdgeServe.Engine.Bundles.Signing;
using EdgeServe.Engine.Sync.CarryOut;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.Engine.Updates.Sticks;
using EdgeServe.Tests.Engine.Updates.Sticks;

namespace EdgeServe.Tests.Engine.Sync.CarryOut;

/// <summary>The device's side: what gets onto a stick, and what alone makes a row leave.</summary>
public sealed class StickExchangeTests
{
    [Fact]
    public async Task Everything_that_waits_is_on_the_stick_for_head_office_only_and_stays_on_the_box()
    {
        await using var box = new CarryBox();
        await box.FillAsync();
        var (report, result) = await box.VisitAsync("a");
        Assert.Equal((15, 15, 0, null), (result.NewBatches, result.Batches, result.Left, result.Error));
        Assert.Equal(CarrierTone.Good, report!.Text.Tone);
        Assert.Equal(15, box.Box.Outbox.Totals.Batches);
        Assert.Equal(15, Enumerable.Range(0, 5).Sum(k => box.Box.Outbox.Totals[(TelemetryClass)k].SentBatches));
        var carried = await box.OpenAsync("a");
        Assert.Equal(box.Box.All.Select(b => (b.Class, b.Epoch, b.Sequence)), carried.Select(b => (b.Class, b.Epoch, b.Sequence)));
        Assert.Equal(box.Box.Received().Kept.Select(e => e.Id), CarryBox.Receive(carried).Kept.Select(e => e.Id));
        // The plain text is nowhere on it.
        Assert.All(Directory.GetFiles(box["a"], "*", SearchOption.AllDirectories), f => Assert.DoesNotContain("EdgeServe.Tests", File.ReadAllText(f), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Only_what_is_new_is_written_on_the_next_visit_and_nothing_when_nothing_is()
    {
        await using var box = new CarryBox();
        await box.FillAsync();
        await box.VisitAsync("a");
        string[] before = Files(box["a"]);
        Assert.Equal((0, 15), Counts((await box.VisitAsync("a")).Result));
        Assert.Equal(before, Files(box["a"]));
        await box.FillAsync(1);
        Assert.Equal((5, 20), Counts((await box.VisitAsync("a")).Result));
        Assert.Equal(2, (await box.ExportAsync("a")).Statement.Parts.Count);
        Assert.Equal(20, (await box.OpenAsync("a")).Count);
        Assert.Single(box.Tags("a"));
        // Two parts, a statement, a manifest: what was replaced is gone.
        Assert.Equal(4, Directory.GetFiles(Path.Combine(box.Layout("a"), "blobs", "sha256")).Length);
    }

    [Fact]
    public async Task A_signed_acknowledgement_lets_go_exactly_what_it_names_and_saying_it_again_does_no_harm()
    {
        await using var box = new CarryBox();
        await box.FillAsync();
        await box.VisitAsync("a");
        var delivered = (await box.ExportAsync("a")).Statement.Numbers;
        await box.FillAsync(1);
        box.Acknowledge("a", delivered);
        string kept = box["kept"];
        Copy(box.Layout("a"), Path.Combine(kept, "edgeserve"));
        var (report, result) = await box.VisitAsync("a");
        Assert.Equal((15, 5, 5), (result.Acknowledged, result.NewBatches, result.Batches));
        Assert.Contains("Head office has the earlier notes", report!.Text.Sentence, StringComparison.Ordinal);
        Assert.Equal(5, box.Box.Outbox.Totals.Batches);
        Assert.Equal(5, (await box.OpenAsync("a")).Count);
        Assert.DoesNotContain(box.Tags("a"), t => t.Contains("acknowledgement", StringComparison.Ordinal));
        Assert.Equal(15, box.Record.Acknowledged!.Value.Batches);
        await box.FillAsync(1);
        Assert.Equal(0, (await box.VisitAsync("kept")).Result.Acknowledged);
        Assert.Equal(10, box.Box.Outbox.Totals.Batches);
    }

    [Fact]
    public async Task When_all_is_acknowledged_the_stick_is_empty_again_and_is_still_no_update()
    {
        await using var box = new CarryBox();
        await box.FillAsync();
        await box.VisitAsync("a");
        box.Acknowledge("a", (await box.ExportAsync("a")).Statement.Numbers);
        var (report, result) = await box.VisitAsync("a");
        Assert.Equal((15, 0, "Notes arrived"), (result.Acknowledged, result.Batches, report!.Text.Title));
        Assert.Empty(box.Tags("a"));
        Assert.Empty(Directory.GetFiles(Path.Combine(box.Layout("a"), "blobs", "sha256")));
        Assert.True(new StickTelemetry(box.Box.Outbox, new CarryOutBox(box.Identity, box.Key, box.Enrolment, box.Box.Clock, box.Record), box.Options, Microsoft.Extensions.Logging.Abstractions.NullLogger<StickTelemetry>.Instance).IsNothingElse(box.Layout("a")));
    }

    [Theory]
    [InlineData("stranger")]
    [InlineData("other device")]
    [InlineData("changed")]
    [InlineData("cut")]
    [InlineData("not json")]
    [InlineData("no key pinned")]
    public async Task A_forged_acknowledgement_deletes_nothing_and_is_said(string how)
    {
        await using var box = new CarryBox(acknowledgements: how != "no key pinned");
        await box.FillAsync();
        await box.VisitAsync("a");
        var numbers = (await box.ExportAsync("a")).Statement.Numbers;
        using var stranger = SigningKey.Generate();
        box.Acknowledge("a", numbers, how == "stranger" ? stranger : null);
        string tag = CarryOutNames.AcknowledgementTag(box.Identity.Id);
        var entry = EdgeServe.Engine.Bundles.Layout.ImageLayout.Open(box.Layout("a")).Index().Manifests.Single(m => StickLayout.TagOf(m) == tag);
        if (how == "other device")
        {
            // Signed by head office for another box, under this one's tag.
            box.Acknowledge("b", numbers, device: new string('0', 32));
            Retag(box.Layout("b"), box.Layout("a"), CarryOutNames.AcknowledgementTag(new string('0', 32)), tag);
        }
        else if (how is "changed" or "cut" or "not json")
        {
            byte[] content = File.ReadAllBytes(box.Blob("a", entry.Digest));
            File.WriteAllBytes(box.Blob("a", entry.Digest), how == "cut" ? content[..^5] : how == "changed" ? [.. content[..^9], (byte)(content[^9] ^ 1), .. content[^8..]] : "{"u8.ToArray());
        }

        var (report, result) = await box.VisitAsync("a");
        Assert.Equal((0, 15), (result.Acknowledged, box.Box.Outbox.Totals.Batches));
        Assert.NotNull(result.Refused);
        Assert.Equal((CarrierTone.Refused, "acknowledgement_refused"), (report!.Text.Tone, ReportJson.Code(report.Error!)));
        Assert.Equal(15, (await box.OpenAsync("a")).Count);
    }

    [Fact]
    public async Task A_lost_stick_costs_nothing_the_next_one_gets_it_all_and_the_same_rows_on_three_count_once()
    {
        await using var box = new CarryBox();
        await box.FillAsync();
        await box.VisitAsync("lost");
        Directory.Delete(box["lost"], recursive: true);
        var all = new List<CarriedBatch>();
        foreach (string stick in new[] { "a", "b", "c" })
        {
            Assert.Equal(15, (await box.VisitAsync(stick)).Result.NewBatches);
            all.AddRange(await box.OpenAsync(stick));
        }

        var ledger = CarryBox.Receive(all);
        Assert.Equal((15, 30, 0), (ledger.Kept.Count, ledger.Duplicates, ledger.Invalid.Count));
        box.Acknowledge("b", (await box.ExportAsync("b")).Statement.Numbers);
        await box.VisitAsync("b");
        Assert.Equal(0, box.Box.Outbox.Totals.Batches);
        // The others are told nothing new, and are emptied of what is acknowledged.
        Assert.Equal((0, 0), Counts((await box.VisitAsync("c")).Result));
        Assert.Empty(box.Tags("c"));
    }

    [Fact]
    public async Task A_stick_that_is_full_gets_the_most_important_and_says_so()
    {
        await using var box = new CarryBox();
        await box.FillAsync(8, bytes: 10_000);
        long free = (256L << 10) + 300_000;
        string layout = box.Layout("a");
        box.Options = new CarryOutOptions { PartBytes = 100_000, FreeBytes = _ => free - (Directory.Exists(layout) ? Directory.GetFiles(layout, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length) : 0) };
        var (report, result) = await box.VisitAsync("a");
        Assert.Equal((CarryOutError.StickFull, CarrierTone.Attention), (result.Error, report!.Text.Tone));
        Assert.Equal(40, result.Batches + result.Left);
        Assert.InRange(result.Batches, 8, 30);
        Assert.Equal(box.Box.All.Take((int)result.Batches).Select(b => b.Sequence), (await box.OpenAsync("a")).Select(b => b.Sequence));
        Assert.Equal(result.Left, (await box.ExportAsync("a")).Statement.Left);
        // An alarm that comes later does not wait behind what is there already.
        await box.Box.StoreAsync("late", TelemetryClass.Alarm);
        await box.VisitAsync("a");
        Assert.Contains(await box.OpenAsync("a"), b => b.Sequence == 41);
    }

    [Fact]
    public async Task A_real_stick_that_is_full_or_locked_is_said_and_nothing_half_is_named()
    {
        Assert.SkipWhen(WatchBench.NoMounts is not null, WatchBench.NoMounts ?? "");
        await using var box = new CarryBox();
        await box.FillAsync(4, bytes: 60_000);
        string stick = Directory.CreateDirectory(box["small"]).FullName;
        WatchBench.Run("mount", ["-t", "tmpfs", "-o", "size=2m", "none", stick]);
        try
        {
            // What the file system says is not always so.
            box.Options = new CarryOutOptions { PartBytes = 300_000, FreeBytes = _ => long.MaxValue / 2 };
            var (report, result) = await box.VisitAsync("small");
            Assert.Equal((CarryOutError.StickFull, CarrierTone.Attention), (result.Error, report!.Text.Tone));
            Assert.Equal(result.Batches, (await box.OpenAsync("small")).Count);
            Assert.True(result.Batches is > 0 and < 20, $"{result.Batches}");
            Assert.DoesNotContain(Directory.GetFiles(stick, "*", SearchOption.AllDirectories), f => f.EndsWith(".tmp", StringComparison.Ordinal));
            box.Acknowledge("small", new BatchNumbers());
            WatchBench.Run("mount", ["-o", "remount,ro", stick]);
            (report, result) = await box.VisitAsync("small");
            Assert.Equal((CarryOutError.StickReadOnly, "Stick is locked"), (result.Error, report!.Text.Title));
            Assert.Equal(20, box.Box.Outbox.Totals.Batches);
        }
        finally
        {
            WatchBench.Run("umount", ["-l", stick]);
        }
    }

    [Fact]
    public async Task What_the_acknowledgement_names_leaves_even_on_a_stick_that_is_locked()
    {
        Assert.SkipWhen(WatchBench.NoMounts is not null, WatchBench.NoMounts ?? "");
        await using var box = new CarryBox();
        await box.FillAsync();
        await box.VisitAsync("a");
        box.Acknowledge("a", (await box.ExportAsync("a")).Statement.Numbers);
        WatchBench.Run("mount", ["--bind", box["a"], box["a"]]);
        try
        {
            WatchBench.Run("mount", ["-o", "remount,ro,bind", box["a"]]);
            var (_, result) = await box.VisitAsync("a");
            Assert.Equal((15, CarryOutError.StickReadOnly, 0), (result.Acknowledged, result.Error, box.Box.Outbox.Totals.Batches));
        }
        finally
        {
            WatchBench.Run("umount", ["-l", box["a"]]);
        }
    }

    [Fact]
    public async Task Pulled_after_any_part_the_stick_has_whole_parts_and_the_next_visit_goes_on()
    {
        await using var box = new CarryBox(new CarryOutOptions { PartBytes = 60_000 });
        await box.FillAsync(4, bytes: 20_000);
        using var pulled = new CancellationTokenSource();
        int asked = 0;
        box.Options = box.Options with
        {
            FreeBytes = _ =>
            {
                if (++asked == 3)
                    pulled.Cancel();
                return long.MaxValue / 2;
            },
        };
        var (report, result) = await box.VisitAsync("a", pulled.Token);
        Assert.Equal((CarryOutError.StickPulled, "Not finished"), (result.Error, report!.Text.Title));
        int there = (await box.OpenAsync("a")).Count;
        Assert.True(there is > 0 and < 20, $"{there}");
        var again = (await box.VisitAsync("a")).Result;
        Assert.Equal((20 - there, 20), Counts(again));
        Assert.Equal(20, CarryBox.Receive(await box.OpenAsync("a")).Kept.Count);
    }

    [Fact]
    public async Task What_others_have_on_the_stick_stays_byte_for_byte()
    {
        await using var box = new CarryBox();
        await box.FillAsync();
        using var office = new TestModels.TestChannel();
        office.Add("add", 1, ("model.onnx", TestModels.TestGraphs.Add()));
        Directory.CreateDirectory(box["a"]);
        office.Write(box.Layout("a"), 7);
        string index = Path.Combine(box.Layout("a"), "index.json");
        File.WriteAllText(index, File.ReadAllText(index).Replace("{\"mediaType\"", "{\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\"},\"mediaType\"", StringComparison.Ordinal));
        using var before = JsonDocument.Parse(File.ReadAllText(index));
        string[] files = Files(box["a"]);
        await box.VisitAsync("a");
        using var after = JsonDocument.Parse(File.ReadAllText(index));
        var (theirs, now) = (before.RootElement.GetProperty("manifests"), after.RootElement.GetProperty("manifests"));
        Assert.Equal(theirs.GetArrayLength() + 1, now.GetArrayLength());
        Assert.Equal(theirs.EnumerateArray().Select(e => e.GetRawText()), now.EnumerateArray().Take(theirs.GetArrayLength()).Select(e => e.GetRawText()));
        Assert.Empty(files.Where(f => !f.Contains("index.json", StringComparison.Ordinal)).Except(Files(box["a"])));
        Assert.Contains(box.Tags("a"), CarryOutNames.IsExport);
    }

    [Fact]
    public async Task A_part_that_went_bad_on_the_stick_is_written_again()
    {
        await using var box = new CarryBox();
        await box.FillAsync();
        await box.VisitAsync("a");
        var part = (await box.ExportAsync("a")).Statement.Parts[0].Blob;
        byte[] content = await File.ReadAllBytesAsync(box.Blob("a", part.Digest), TestContext.Current.CancellationToken);
        content[content.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(box.Blob("a", part.Digest), content, TestContext.Current.CancellationToken);
        Assert.Equal((15, 15), Counts((await box.VisitAsync("a")).Result));
        Assert.Equal(15, (await box.OpenAsync("a")).Count);
        Assert.False(File.Exists(box.Blob("a", part.Digest)));
    }

    [Fact]
    public async Task A_link_in_place_of_the_blobs_is_not_followed()
    {
        await using var box = new CarryBox();
        await box.FillAsync();
        string elsewhere = Directory.CreateDirectory(box["elsewhere"]).FullName;
        Directory.CreateDirectory(box.Layout("a"));
        Directory.CreateSymbolicLink(Path.Combine(box.Layout("a"), "blobs"), elsewhere);
        Assert.NotNull((await box.VisitAsync("a")).Result.Error);
        Assert.Empty(Directory.GetFileSystemEntries(elsewhere));
        Assert.False(File.Exists(Path.Combine(box.Layout("a"), "index.json")));
    }

    [Fact]
    public async Task An_index_that_cannot_be_read_is_left_alone()
    {
        await using var box = new CarryBox();
        await box.FillAsync();
        Directory.CreateDirectory(box.Layout("a"));
        await File.WriteAllTextAsync(Path.Combine(box.Layout("a"), "index.json"), "{", TestContext.Current.CancellationToken);
        var (report, result) = await box.VisitAsync("a");
        Assert.Equal((CarryOutError.StickUnreadable, "Stick is not in order"), (result.Error, report!.Text.Title));
        Assert.Equal("{", File.ReadAllText(Path.Combine(box.Layout("a"), "index.json")));
    }

    private static (long, long) Counts(CarryOutResult result) => (result.NewBatches, result.Batches);

    private static string[] Files(string folder) => [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(f => $"{Path.GetRelativePath(folder, f)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(f)))}")];

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private static void Retag(string from, string to, string tag, string newTag)
    {
        Copy(Path.Combine(from, "blobs"), Path.Combine(to, "more"));
        foreach (string blob in Directory.GetFiles(Path.Combine(to, "more", "sha256")))
            File.Move(blob, Path.Combine(to, "blobs", "sha256", Path.GetFileName(blob)), overwrite: true);
        var theirs = EdgeServe.Engine.Bundles.Layout.ImageLayout.Open(from).Index().Manifests.Single(m => StickLayout.TagOf(m) == tag);
        using var layout = new StickLayout(EdgeServe.Engine.Storage.FolderHandle.Open(to)!, "test");
        layout.Name(e => StickLayout.TagOf(e) == newTag, theirs with { Annotations = new Dictionary<string, string> { ["org.opencontainers.image.ref.name"] = newTag } });
    }
}
