using System.Text.Json;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.TestCollector;

namespace EdgeServe.AcceptanceTests.Sync;

/// <summary>Telemetry of a site that is never online: out on a stick, to a collector at head office, and the word that it is there back again, with the real program, openssl, skopeo and a registry.</summary>
public sealed class CarryOutTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Out_on_a_stick_opened_by_openssl_uploaded_by_skopeo_delivered_and_acknowledged()
    {
        Assert.SkipWhen(DockerRegistry.Unavailable is not null || !File.Exists("/usr/bin/skopeo") || !File.Exists("/usr/bin/openssl"), "docker-registry, skopeo or openssl is not installed");
        await using var box = await CarriedBox.EnrolledAsync();
        await box.FillAsync(10, 10_000);
        await box.StartAsync();
        string stick = box.Stick("stick");
        Assert.Matches("^Notes for head office: The notes of this box for head office are on the stick .* Take the stick to head office.$", await box.VisitAsync(stick));
        var (tag, manifest) = await CarriedBox.ExportAsync(stick);

        // What anybody can check with openssl and tar alone.
        using var device = JsonDocument.Parse(await box.DoAsync("device", "show", "--json", "--data", box["data"]));
        await File.WriteAllTextAsync(box["device.pub"], device.RootElement.GetProperty("key").GetProperty("pem").GetString(), Stop);
        await File.WriteAllBytesAsync(box["signature"], Convert.FromBase64String(manifest.Annotations["io.edgeserve.signature"]), Stop);
        Assert.Contains("Verified OK", await CarriedBox.ToolAsync("openssl", "dgst", "-sha256", "-verify", box["device.pub"], "-signature", box["signature"], CarriedBox.Blob(stick, manifest.Config.Digest)), StringComparison.Ordinal);
        var carried = new Ledger();
        foreach (var part in manifest.Layers)
        {
            await CarriedBox.ToolAsync("openssl", "cms", "-decrypt", "-inform", "DER", "-inkey", box["office.pem"], "-in", CarriedBox.Blob(stick, part.Digest), "-out", box["part.tar"]);
            Directory.CreateDirectory(box["part"]);
            await CarriedBox.ToolAsync("tar", "-xf", box["part.tar"], "-C", box["part"]);
        }

        foreach (string file in Directory.GetFiles(box["part"], "*.pb.gz", SearchOption.AllDirectories))
            carried.Keep(Export.Decode(file.Split('.')[^3], await File.ReadAllBytesAsync(file, Stop), "gzip"));
        Assert.True(carried.Kept.Count >= 10, $"{carried.Kept.Count}");
        Assert.All(carried.Kept, e => Assert.Equal(device.RootElement.GetProperty("id").GetString(), e.Id.Device));

        // By skopeo into a registry, and from there to a collector.
        await using var registry = await DockerRegistry.StartAsync();
        string repository = $"{registry.Host}/telemetry:{tag}";
        await CarriedBox.ToolAsync("skopeo", "copy", "--dest-tls-verify=false", $"oci:{CarriedBox.Layout(stick)}:{tag}", $"docker://{repository}");
        string opened = await box.DoAsync("outbox", "open", repository, "--key", box["office.pem"], "--out", box["opened"]);
        Assert.Contains(tag.Split('-')[1], opened, StringComparison.Ordinal);
        Assert.Equal(carried.Kept.Count, Directory.GetFiles(box["opened"], "*.pb", SearchOption.AllDirectories).Length);
        await using var collector = await OtlpCollector.StartAsync();
        await box.DoAsync("outbox", "import", repository, "--key", box["office.pem"], "--collector", collector.Endpoint.ToString(), "--acknowledge-with", box["word.pem"], "--acknowledge-on", stick, "--known-only");
        Assert.Equal(carried.Kept.Select(e => e.Id).Order(Comparer), collector.Ledger.Kept.Select(e => e.Id).Order(Comparer));
        Assert.Empty(collector.Ledger.Invalid);

        // The word comes back.
        string said = await box.VisitAsync(stick);
        Assert.Contains("Head office has the earlier notes of this box", said, StringComparison.Ordinal);
        var sync = await box.SyncAsync();
        Assert.Equal(carried.Kept.Count, sync.GetProperty("carry_out").GetProperty("last_acknowledged").GetProperty("batches").GetInt64());
        // Only if the box wrote something since is anything on the stick.
        bool more = said.StartsWith("Notes for head office", StringComparison.Ordinal);
        var (exit, _, error) = await box.RunAsync("outbox", "import", stick, "--key", box["office.pem"], "--collector", collector.Endpoint.ToString());
        Assert.True(exit == (more ? 0 : 1) && error.Contains("everything of it is acknowledged", StringComparison.Ordinal) == !more, said + error);
        Assert.Equal(0, collector.Ledger.Duplicates);
        Assert.DoesNotContain("reason of the service's own", box.Process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_rows_on_three_sticks_count_once_and_a_stranger_s_word_deletes_nothing()
    {
        await using var box = await CarriedBox.EnrolledAsync();
        await box.FillAsync(10, 1000);
        await box.StartAsync();
        string[] sticks = [box.Stick("lost"), box.Stick("a"), box.Stick("b"), box.Stick("c")];
        foreach (string stick in sticks)
            Assert.StartsWith("Notes for head office", await box.VisitAsync(stick), StringComparison.Ordinal);
        Directory.Delete(sticks[0], recursive: true);
        await using var collector = await OtlpCollector.StartAsync();
        collector.Answer = Answers.Times(2, Answers.Status(503, "1"), Answers.Accept);
        foreach (string stick in sticks[1..])
            await box.DoAsync("outbox", "import", stick, "--key", box["office.pem"], "--collector", collector.Endpoint.ToString());
        Assert.Equal(Enumerable.Range(1, collector.Ledger.Kept.Count).Select(n => (long)n), collector.Ledger.Kept.Select(e => e.Id.Sequence).Order());
        Assert.True(collector.Ledger.Kept.Count >= 10 && collector.Ledger.Duplicates >= 20, $"{collector.Ledger.Kept.Count} {collector.Ledger.Duplicates}");

        await box.DoAsync("key", "generate", box["stranger.pem"]);
        await box.DoAsync("outbox", "acknowledge", sticks[1], "--key", box["stranger.pem"]);
        long waiting = await box.WaitingAsync();
        Assert.StartsWith("Not from head office", await box.VisitAsync(sticks[1]), StringComparison.Ordinal);
        Assert.True(await box.WaitingAsync() >= waiting);
        Assert.Contains("is not signed by head office's key", (await box.SyncAsync()).GetProperty("carry_out").GetProperty("acknowledgement_refused").GetString(), StringComparison.Ordinal);
        await box.DoAsync("outbox", "acknowledge", sticks[2], "--key", box["word.pem"]);
        await box.VisitAsync(sticks[2]);
        Assert.True(await box.WaitingAsync() < waiting, "the rows are gone");
    }

    [Fact]
    [Trait("length", "long")]
    public async Task Killed_in_the_middle_of_writing_the_stick_has_whole_parts_only_and_the_next_visit_goes_on()
    {
        await using var box = await CarriedBox.EnrolledAsync();
        await box.FillAsync(40, 600_000);
        string stick = box.Stick("stick"), blobs = Path.Combine(CarriedBox.Layout(stick), "blobs", "sha256");
        int parts = 0;
        foreach (int until in new[] { 1, 5, 9 })
        {
            await box.StartAsync();
            string inside = Path.Combine(box.Media, "S");
            Directory.Move(stick, inside);
            string there = Path.Combine(inside, Path.GetRelativePath(stick, blobs));
            await box.Process.WaitForAsync(() => Directory.Exists(there) && Directory.GetFiles(there).Count(f => !f.EndsWith(".tmp", StringComparison.Ordinal)) >= until, "blobs appear");
            await box.Process.KillAsync();
            await box.Process.DisposeAsync();
            Directory.Move(inside, stick);
            var (exit, output, error) = await box.RunAsync("outbox", "open", stick, "--key", box["office.pem"]);
            if (!File.Exists(Path.Combine(CarriedBox.Layout(stick), "index.json")))
            {
                Assert.Equal(1, exit);
                continue;
            }

            Assert.True(exit == 0, error + output);
            int now = (await CarriedBox.ExportAsync(stick)).Manifest.Layers.Count;
            Assert.True(now >= parts, $"{now} parts after {parts}");
            parts = now;
        }

        await box.StartAsync();
        Assert.StartsWith("Notes for head office", await box.VisitAsync(stick), StringComparison.Ordinal);
        await box.DoAsync("outbox", "open", stick, "--key", box["office.pem"], "--out", box["opened"]);
        var found = Directory.GetFiles(box["opened"], "*.pb", SearchOption.AllDirectories).Select(f => int.Parse(Path.GetFileName(f).Split('-', '.')[1], System.Globalization.CultureInfo.InvariantCulture)).ToHashSet();
        Assert.Empty(Enumerable.Range(1, 40).Except(found));
        Assert.DoesNotContain(Directory.GetFiles(blobs), f => f.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_not_what_a_known_box_signed_is_refused_with_its_own_code()
    {
        await using var box = await CarriedBox.EnrolledAsync();
        await box.FillAsync(5, 1000);
        await box.StartAsync();
        string stick = box.Stick("stick");
        await box.VisitAsync(stick);
        var (_, manifest) = await CarriedBox.ExportAsync(stick);
        string part = CarriedBox.Blob(stick, manifest.Layers[0].Digest);
        byte[] content = await File.ReadAllBytesAsync(part, Stop);
        await box.DoAsync("key", "generate", "--rsa", box["other.pem"]);
        await using var collector = await OtlpCollector.StartAsync();
        string[] import = ["outbox", "import", stick, "--key", box["office.pem"], "--collector", collector.Endpoint.ToString(), "--acknowledge-with", box["word.pem"]];

        Assert.Equal((3, "is not in"), await SaidAsync(box, "is not in", "outbox", "open", stick, "--key", box["office.pem"], "--known-only"));
        Assert.Equal((1, "is encrypted to the key"), await SaidAsync(box, "is encrypted to the key", "outbox", "open", stick, "--key", box["other.pem"]));
        Assert.Equal((2, "no RSA private key"), await SaidAsync(box, "no RSA private key", "outbox", "open", stick, "--key", box["word.pem"]));
        Assert.Equal((2, "is not encrypted"), await SaidAsync(box, "is not encrypted", "outbox", "import", stick, "--key", box["office.pem"], "--collector", "http://collector.example:4318"));
        await File.WriteAllBytesAsync(part, [.. content[..^20], (byte)(content[^20] ^ 1), .. content[^19..]], Stop);
        Assert.Equal((3, "other bytes than were signed"), await SaidAsync(box, "other bytes than were signed", import));
        Assert.Equal((3, "other bytes than were signed"), await SaidAsync(box, "other bytes than were signed", "outbox", "acknowledge", stick, "--key", box["word.pem"]));
        await File.WriteAllBytesAsync(part, content[..^1], Stop);
        Assert.Equal((3, "cut off"), await SaidAsync(box, "cut off", import));
        await File.WriteAllBytesAsync(part, content, Stop);
        Assert.Empty(collector.Ledger.Kept);

        // A device under this one's name.
        string devices = await File.ReadAllTextAsync(box["devices.json"], Stop);
        await File.WriteAllTextAsync(box["devices.json"], devices.Replace(JsonDocument.Parse(devices).RootElement.GetProperty("devices").EnumerateObject().First().Value.GetString()!.ReplaceLineEndings("\\n"), (await File.ReadAllTextAsync(box["word.pem.pub"], Stop)).ReplaceLineEndings("\\n"), StringComparison.Ordinal), Stop);
        Assert.Equal((3, "is known by the key"), await SaidAsync(box, "is known by the key", import));
        await File.WriteAllTextAsync(box["devices.json"], devices, Stop);

        // A portal in front of the collector proves nothing.
        collector.Answer = Answers.PortalPage;
        Assert.Equal((1, "did not take"), await SaidAsync(box, "did not take", import));
        await box.VisitAsync(stick);
        Assert.False((await box.SyncAsync()).GetProperty("carry_out").TryGetProperty("last_acknowledged", out _));
        Assert.Equal((1, "has no telemetry"), await SaidAsync(box, "has no telemetry", "outbox", "open", Empty(box), "--key", box["office.pem"]));
    }

    private static Comparer<BatchId> Comparer { get; } = Comparer<BatchId>.Create((a, b) => a.Sequence.CompareTo(b.Sequence));

    private static string Empty(CarriedBox box)
    {
        string layout = Directory.CreateDirectory(CarriedBox.Layout(box["empty"])).FullName;
        File.WriteAllText(Path.Combine(layout, "index.json"), """{"schemaVersion":2,"manifests":[]}""");
        return box["empty"];
    }

    private static async Task<(int, string)> SaidAsync(CarriedBox box, string what, params string[] arguments)
    {
        var (exit, _, error) = await box.RunAsync(arguments);
        return (exit, error.Contains(what, StringComparison.Ordinal) ? what : error);
    }
}
