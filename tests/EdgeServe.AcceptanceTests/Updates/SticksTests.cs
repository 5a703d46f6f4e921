using System.Security.Cryptography;
using System.Text.Json;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Updates;

/// <summary>Sticks as carriers bring them, in the real program: what the box does, and what the carrier reads.</summary>
public sealed class SticksTests
{
    [Fact]
    public async Task Of_two_sticks_the_newer_one_is_taken_and_the_older_one_says_there_is_nothing_to_do()
    {
        await using var device = await UpdatedDevice.StartWithSticksAsync();
        device.Write(1, 1);
        Assert.Equal(0, (await device.InstallAsync()).ExitCode);
        await device.Process.StopAsync();
        string older = Stick(device, "A", 2), newer = Stick(device, "B", 3);
        await device.StartAsync();
        Assert.Equal("Updated: The box now works with release 3. You can pull the stick out.", await ReadAsync(device, newer));
        Assert.Equal("Already newer: The box has a newer release than the stick. There is nothing to do. You can pull the stick out.", await ReadAsync(device, older));
        Assert.Equal(3, await device.ReleaseAsync());
        Assert.Equal("3", await device.InferAsync());
        var status = await device.StatusAsync();
        Assert.Equal([3, 1], status.GetProperty("history").EnumerateArray().Where(e => e.GetProperty("code").GetString() == "activated").Select(e => e.GetProperty("release").GetInt64()));
    }

    [Fact]
    public async Task Each_stick_that_is_not_right_is_told_in_a_carriers_words_and_the_right_one_is_taken()
    {
        await using var device = await UpdatedDevice.StartWithSticksAsync();
        device.Write(4, 1);
        Assert.Equal(0, (await device.InstallAsync()).ExitCode);
        Directory.Delete(device.Layout, recursive: true);
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        Assert.Equal("Already newer", await TitleAsync(device, Stick(device, "old", 3)));
        Assert.Equal("Up to date", await TitleAsync(device, Same(device)));
        Assert.Equal("Not from head office", await TitleAsync(device, Stick(device, "foreign key", 5, signers: stranger)));
        Assert.Equal("For other boxes", await TitleAsync(device, Stick(device, "jetson", 5, change: i => i["annotations"]!["io.edgeserve.device-class"] = "jetson")));
        Assert.Equal("Too old", await TitleAsync(device, Stick(device, "expired", 5, change: i => i["annotations"]!["io.edgeserve.expires"] = "2026-11-02T00:00:00Z")));
        Assert.Equal("Damaged", await TitleAsync(device, Stick(device, "bent", 5, then: l => Damage(l))));
        Assert.Equal("Something is missing", await TitleAsync(device, Stick(device, "half", 5, then: l => File.Delete(Largest(l)))));
        Assert.Equal("Does not work here", await TitleAsync(device, Stick(device, "bad", 5, sum: 99)));
        Assert.Equal("Nothing for this box", await TitleAsync(device, Stick(device, "others", 5, then: l => File.WriteAllText(Path.Combine(l, "index.json"), """{"schemaVersion":2,"manifests":[]}"""))));
        Directory.CreateDirectory(Path.Combine(device.Media, "holiday", "photos"));
        await device.Process.WaitForLogAsync("Medium holiday has no edgeserve folder and is left alone");
        Assert.Equal(["photos"], Directory.GetFileSystemEntries(Path.Combine(device.Media, "holiday")).Select(Path.GetFileName));
        Assert.Equal((4, "1"), (await device.ReleaseAsync(), await device.InferAsync()));

        Assert.Equal("Updated", await TitleAsync(device, Stick(device, "right", 6)));
        Assert.Equal("6", await device.InferAsync());
        Assert.DoesNotContain("reason of the service's own", device.Process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stick_that_was_pulled_at_some_byte_brings_only_the_rest_when_it_is_back()
    {
        await using var device = await UpdatedDevice.StartWithSticksAsync();
        device.Write(1, 1);
        Assert.Equal(0, (await device.InstallAsync()).ExitCode);
        int release = 1;
        foreach (double part in new[] { 0.0, 1e-6, 0.37, 0.9999999, 1.0 })
        {
            release++;
            byte[] weights = TestModels.TestGraphs.Dense(500, 1000 + release);
            int at = (int)(weights.Length * part);
            device.Office.Clear().Add("add", release, UpdatedDevice.AddModel(3)).Add("dense", release, ("model.onnx", weights));
            Directory.Delete(device.Layout, recursive: true);
            device.Office.Write(device.Layout, release);
            // To the byte what the pull has left.
            string left = Path.Combine(device.Data, "ingest", Path.GetFileName(Largest(device.Layout)) + ".part");
            await File.WriteAllBytesAsync(left, weights.AsMemory(0, at), TestContext.Current.CancellationToken);
            string stick = device.Plug(device.Layout, $"back {release}");
            Assert.Equal("Updated", await TitleAsync(device, stick));
            long bytes = (await device.StatusAsync()).GetProperty("last").GetProperty("bytes").GetInt64();
            Assert.InRange(bytes, weights.Length - at, weights.Length - at + (64 << 10));
            Assert.Equal($"{release}", await device.InferAsync());
            Directory.CreateDirectory(device.Layout);
        }
    }

    private static string Same(UpdatedDevice device)
    {
        device.Write(4, 1);
        return device.Plug(device.Layout, "same");
    }

    private static string Stick(UpdatedDevice device, string name, int release, int sum = 3, Action<System.Text.Json.Nodes.JsonObject>? change = null, Action<string>? then = null, params ECDsa[] signers)
    {
        device.Office.Clear().Add("add", release, UpdatedDevice.AddModel(sum)).AddFolder("breast-cancer", 1, Path.Combine(ModelFolder.Shipped, "breast-cancer", "1"))
            .Add("note", release, ("model.onnx", TestModels.TestGraphs.Dense(100, 100 + release)));
        device.Office.Write(device.Layout, release, change, signers);
        then?.Invoke(device.Layout);
        return device.Plug(device.Layout, name);
    }

    private static string Largest(string layout) => Directory.EnumerateFiles(Path.Combine(layout, "blobs", "sha256")).MaxBy(f => new FileInfo(f).Length)!;

    private static void Damage(string layout)
    {
        byte[] content = File.ReadAllBytes(Largest(layout));
        content[content.Length / 2] ^= 1;
        File.WriteAllBytes(Largest(layout), content);
    }

    private static async Task<string> TitleAsync(UpdatedDevice device, string stick) => (await ReadAsync(device, stick)).Split(':')[0];

    /// <summary>What the report on the stick says; the page says the same.</summary>
    private static async Task<string> ReadAsync(UpdatedDevice device, string stick)
    {
        await device.Process.WaitForAsync(() => File.Exists(Path.Combine(stick, "status.html")), $"{stick} has a report");
        var entry = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(stick, "status.json"), TestContext.Current.CancellationToken)).RootElement.GetProperty("devices")[0];
        string title = entry.GetProperty("title").GetString()!, text = entry.GetProperty("text").GetString()!;
        string page = await File.ReadAllTextAsync(Path.Combine(stick, "status.html"), TestContext.Current.CancellationToken);
        Assert.Contains(title, page, StringComparison.Ordinal);
        Assert.Contains(text, page, StringComparison.Ordinal);
        return $"{title}: {text} {entry.GetProperty("next").GetString()}";
    }
}
