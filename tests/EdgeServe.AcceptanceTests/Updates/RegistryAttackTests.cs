using EdgeServe.AcceptanceTests.Running;
using EdgeServe.TestModels;

namespace EdgeServe.AcceptanceTests.Updates;

/// <summary>A device that polls: hostile registries, a poll's cost, and a stick that overtakes a slow link.</summary>
public sealed class RegistryAttackTests
{
    [Theory]
    [InlineData("portal_page", "captive_portal")]
    [InlineData("portal_511", "captive_portal")]
    [InlineData("portal_redirect", "captive_portal")]
    [InlineData("portal_plain", "malformed")]
    [InlineData("login", "unauthorized")]
    [InlineData("broken", "source_unavailable")]
    [InlineData("gone", "not_found")]
    [InlineData("hang_up", "source_unavailable")]
    [InlineData("altered_index", "unsigned")]
    [InlineData("compressed_index", "malformed")]
    [InlineData("endless_index", "too_large")]
    [InlineData("huge_index", "too_large")]
    [InlineData("mixed", "size_mismatch")]
    [InlineData("altered_child", "digest_mismatch")]
    [InlineData("altered_blob", "digest_mismatch")]
    [InlineData("truncated_blob", "size_mismatch")]
    [InlineData("quietly_truncated_blob", "source_unavailable")]
    [InlineData("longer_blob", "size_mismatch")]
    [InlineData("endless_blob", "size_mismatch")]
    [InlineData("compressed_blob", "malformed")]
    [InlineData("missing_blob", "incomplete")]
    [InlineData("blob_in_the_clear", "source_unavailable")]
    [InlineData("blob_page", "captive_portal")]
    [InlineData("round_and_round", "source_unavailable")]
    public async Task A_lying_registry_changes_nothing_and_the_next_good_answer_installs(string attack, string code)
    {
        string layout = Directory.CreateTempSubdirectory("edgeserve-registry-").FullName;
        await using var registry = await LayoutRegistry.StartAsync(layout);
        await using var device = await FollowingAsync(registry);
        device.Office.Clear().Add("add", 2, UpdatedDevice.AddModel(3, """{"max_batch_size":9}""")).AddFolder("breast-cancer", 1, Path.Combine(ModelFolder.Shipped, "breast-cancer", "1"));
        device.Office.Write(layout, 11);
        RegistryAttack.Begin(device, registry, attack);
        await using var after = new Aftermath(device);
        after.Refused(await device.VerbAsync("update", "now"));
        await after.RequireAsync(code, async () =>
        {
            registry.Instead = null;
            Succeeded(await device.VerbAsync("update", "now"));
        });
        Directory.Delete(layout, recursive: true);
    }

    [Fact]
    public async Task A_device_that_looks_for_news_and_finds_none_asks_once_for_less_than_1_KB()
    {
        string layout = Directory.CreateTempSubdirectory("edgeserve-registry-").FullName;
        await using var registry = await LayoutRegistry.StartAsync(layout);
        await using var wire = new CuttingProxy(new Uri("http://" + registry.Host).Port);
        await using var device = await FollowingAsync(registry, wire.Host);
        long before = wire.Up + wire.Down;
        int requests = registry.Requests;
        Succeeded(await device.VerbAsync("update", "now"));
        Assert.Equal(1, registry.Requests - requests);
        Assert.InRange(wire.Up + wire.Down - before, 1, 1023);
        TestContext.Current.SendDiagnosticMessage($"the device's poll with nothing new: {wire.Up + wire.Down - before} bytes both ways");
        Directory.Delete(layout, recursive: true);
    }

    [Fact]
    public async Task Half_comes_over_a_link_that_stalls_and_a_stick_brings_the_rest_at_once()
    {
        string layout = Directory.CreateTempSubdirectory("edgeserve-registry-").FullName;
        await using var registry = await LayoutRegistry.StartAsync(layout);
        await using var device = await FollowingAsync(registry, null, media: true);
        byte[] weights = TestGraphs.Dense(1000, 1000);
        device.Office.Clear().Add("add", 2, UpdatedDevice.AddModel(3)).Add("dense", 1, ("model.onnx", weights));
        device.Office.Write(layout, 11);
        long half = weights.Length / 2;
        registry.Instead = async (context, asked) =>
        {
            if (!asked.StartsWith("sha256:", StringComparison.Ordinal) || new FileInfo(registry.PathOf(asked)).Length != weights.Length)
                return false;
            context.Response.ContentLength = weights.Length;
            await context.Response.Body.WriteAsync(weights.AsMemory(0, (int)half));
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        var poll = device.VerbAsync("update", "now");
        await device.Process.WaitForAsync(() => Directory.Exists(Path.Combine(device.Data, "ingest")) && new DirectoryInfo(Path.Combine(device.Data, "ingest")).EnumerateFiles().Any(f => f.Exists && f.Length == half), "half of it has come");

        // The link is silent, not down: nobody would give it up for a minute.
        string stick = device.Plug(layout, "BLUE");
        var (exit, _, error) = await poll;
        Assert.Equal(1, exit);
        Assert.Contains("interrupted for a stick", error, StringComparison.Ordinal);
        await device.Process.WaitForLogAsync("Update activated: release 11");
        var activated = (await device.StatusAsync()).GetProperty("last");
        Assert.Equal("activated", activated.GetProperty("code").GetString());
        Assert.InRange(activated.GetProperty("bytes").GetInt64(), 1, half + (64 << 10));
        Assert.Equal("2", await device.InferAsync());
        await device.Process.WaitForAsync(() => File.Exists(Path.Combine(stick, "status.html")), "the stick has its report");
    }

    /// <summary>A device that took release 10 from this registry.</summary>
    private static async Task<UpdatedDevice> FollowingAsync(LayoutRegistry registry, string? host = null, bool media = false)
    {
        (string, string) follows = ("Updates__Registry", (host ?? registry.Host) + "/models");
        var device = await (media ? UpdatedDevice.StartWithSticksAsync(follows) : UpdatedDevice.StartAsync(follows));
        device.Office.Clear().Add("add", 1, UpdatedDevice.AddModel(3)).AddFolder("breast-cancer", 1, Path.Combine(ModelFolder.Shipped, "breast-cancer", "1"));
        device.Office.Write(registry.Layout, 10);
        Succeeded(await device.VerbAsync("update", "now"));
        return device;
    }

    private static void Succeeded((int ExitCode, string Output, string Error) verb) => Assert.True(verb.ExitCode == 0, verb.Output + verb.Error);
}
