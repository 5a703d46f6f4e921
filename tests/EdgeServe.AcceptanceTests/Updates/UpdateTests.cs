using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.TestModels;

namespace EdgeServe.AcceptanceTests.Updates;

/// <summary>Releases on the real program: installed under load, refused, taken back.</summary>
public sealed class UpdateTests
{
    [Fact]
    public async Task A_release_installs_while_requests_run_and_none_fails()
    {
        await using var device = await UpdatedDevice.StartAsync();
        device.Write(1, 1);
        Succeeded(await device.InstallAsync());
        using var stop = new CancellationTokenSource();
        var versions = new HashSet<string>();
        int answered = 0;
        var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                string version = await device.InferAsync();
                lock (versions)
                    versions.Add(version);
                Interlocked.Increment(ref answered);
            }
        })).ToArray();
        for (int release = 2; release <= 5; release++)
        {
            device.Write(release, release);
            Succeeded(await device.InstallAsync());
            Assert.Equal(release, await device.ReleaseAsync());
        }

        await stop.CancelAsync();
        await Task.WhenAll(clients);
        Assert.Equal("5", await device.InferAsync());
        Assert.Contains("1", versions);
        Assert.True(answered > 100, $"{answered} requests");
        TestContext.Current.SendDiagnosticMessage($"{answered} requests over four updates, none failed");
    }

    [Theory]
    [InlineData(99, """{"max_batch_size":8}""", "golden_failed")]
    [InlineData(3, """{"max_batch_size":8,"max_latency_microseconds":1}""", "too_slow")]
    [InlineData(3, """{"max_batch_size":"eight"}""", "load_failed")]
    [InlineData(3, """{"max_batch_size":8,"memory_estimate_bytes":1099511627776}""", "out_of_memory")]
    public async Task A_release_that_fails_here_is_refused_the_old_set_serves_and_the_next_good_one_installs(int sum, string definition, string code)
    {
        await using var device = await UpdatedDevice.StartAsync();
        device.Write(1, 1);
        Succeeded(await device.InstallAsync());
        device.Write(2, 2, sum, definition: definition);
        var (exit, _, error) = await device.InstallAsync();
        Assert.Equal(1, exit);
        Assert.NotEmpty(error);
        var status = await device.StatusAsync();
        Assert.Equal(code, status.GetProperty("last").GetProperty("code").GetString());
        Assert.Equal(1, status.GetProperty("active").GetProperty("release").GetInt64());
        Assert.Equal("1", await device.InferAsync());
        device.Write(3, 3);
        Succeeded(await device.InstallAsync());
        Assert.Equal("3", await device.InferAsync());
    }

    [Theory]
    [InlineData("unsigned", "unsigned")]
    [InlineData("wrong_key", "threshold_not_met")]
    [InlineData("old_signature", "threshold_not_met")]
    [InlineData("many_signatures", "too_large")]
    [InlineData("channel", "wrong_channel")]
    [InlineData("class", "wrong_device_class")]
    [InlineData("older", "older_release")]
    [InlineData("equivocation", "equivocation")]
    [InlineData("jump", "release_jump")]
    [InlineData("fast_forward", "release_jump")]
    [InlineData("negative_release", "malformed")]
    [InlineData("time", "time_jump")]
    [InlineData("no_time", "malformed")]
    [InlineData("expired", "expired")]
    [InlineData("program", "program_too_old")]
    [InlineData("not_a_channel", "not_a_channel")]
    [InlineData("no_type", "not_a_channel")]
    [InlineData("no_models", "malformed")]
    [InlineData("nested", "malformed")]
    [InlineData("twice", "malformed")]
    [InlineData("other_name", "forbidden_content")]
    [InlineData("hostile_name", "malformed")]
    [InlineData("bad_digest", "malformed")]
    [InlineData("huge_manifest", "too_large")]
    [InlineData("negative_size", "malformed")]
    [InlineData("deep", "malformed")]
    [InlineData("million_layers", "too_large")]
    [InlineData("endless_sizes", "too_large")]
    [InlineData("urls", "forbidden_content")]
    [InlineData("inline_data", "forbidden_content")]
    [InlineData("unknown_layer", "forbidden_content")]
    [InlineData("two_models", "forbidden_content")]
    [InlineData("no_weights", "forbidden_content")]
    [InlineData("image", "forbidden_content")]
    [InlineData("shared_library", "forbidden_content")]
    [InlineData("odd_name", "forbidden_content")]
    [InlineData("external_data", "load_failed")]
    [InlineData("ambiguous", "ambiguous")]
    [InlineData("without_all", "written_without_all")]
    [InlineData("duplicate_key", "malformed")]
    [InlineData("not_json", "malformed")]
    [InlineData("sparse_index", "too_large")]
    [InlineData("index_pipe", "unsafe_file")]
    [InlineData("index_link", "unsafe_file")]
    [InlineData("blob_link", "unsafe_file")]
    [InlineData("blob_pipe", "unsafe_file")]
    [InlineData("blob_device", "unsafe_file")]
    [InlineData("blobs_link", "unsafe_file")]
    [InlineData("missing_blob", "incomplete")]
    [InlineData("altered_blob", "digest_mismatch")]
    [InlineData("longer_blob", "size_mismatch")]
    [InlineData("shorter_blob", "size_mismatch")]
    [InlineData("sparse_blob", "size_mismatch")]
    [InlineData("altered_index", "digest_mismatch")]
    public async Task An_attack_changes_nothing_and_the_next_good_release_installs(string attack, string code)
    {
        await using var device = await UpdatedDevice.StartAsync();
        device.Write(10, 1);
        Succeeded(await device.InstallAsync());
        await using var after = new Aftermath(device);
        Directory.Delete(device.Layout, recursive: true);
        Attack.Write(device, attack);
        after.Refused(await device.InstallAsync());
        Directory.Delete(device.Layout, recursive: true);
        await after.RequireAsync(code, async () =>
        {
            device.Write(11, 2);
            Succeeded(await device.InstallAsync());
        });
    }

    [Fact]
    public async Task Rolling_back_takes_less_than_a_second_no_bytes_and_is_not_undone_by_the_same_release()
    {
        await using var device = await UpdatedDevice.StartAsync();
        device.Write(1, 1);
        Succeeded(await device.InstallAsync());
        device.Write(2, 2);
        Succeeded(await device.InstallAsync());
        Directory.Delete(device.Layout, recursive: true);
        var watch = Stopwatch.StartNew();
        using var response = await device.Process.Client.PostAsync("/edge/v1/updates/rollback", null, TestContext.Current.CancellationToken);
        var took = watch.Elapsed;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("1", await device.InferAsync());
        Assert.True(took < TimeSpan.FromSeconds(1), $"{took}");
        TestContext.Current.SendDiagnosticMessage($"rolled back in {took.TotalMilliseconds:F0} ms");
        device.Write(2, 2);
        var (exit, _, error) = await device.InstallAsync();
        Assert.Equal(1, exit);
        Assert.Contains("taken back", error, StringComparison.Ordinal);
        Assert.Equal(2, (await device.StatusAsync()).GetProperty("highest_release").GetInt64());
        // Head office goes back by a new release that names the old bundles.
        device.Write(3, 1);
        Succeeded(await device.InstallAsync());
        Assert.Equal(3, await device.ReleaseAsync());
    }

    [Fact]
    public async Task Three_crashes_in_probation_bring_the_old_set_back()
    {
        await using var device = await UpdatedDevice.StartAsync(("Updates__ProbationRequests", "1"));
        device.Write(1, 1);
        Succeeded(await device.InstallAsync());
        await device.InferAsync();
        await device.Process.WaitForLogAsync("Update committed: release 1");
        device.Write(2, 2);
        Succeeded(await device.InstallAsync());
        for (int crash = 1; crash <= 3; crash++)
        {
            Assert.Equal(2, await device.ReleaseAsync());
            await device.Process.KillAsync();
            await device.StartAsync();
        }

        var status = await device.StatusAsync();
        Assert.Equal(1, status.GetProperty("active").GetProperty("release").GetInt64());
        Assert.Equal("rolled_back", status.GetProperty("last").GetProperty("code").GetString());
        Assert.Equal("1", await device.InferAsync());
        Assert.Equal(2, status.GetProperty("highest_release").GetInt64());
    }

    [Fact]
    public async Task Being_told_to_stop_is_no_crash()
    {
        await using var device = await UpdatedDevice.StartAsync();
        device.Write(1, 1);
        Succeeded(await device.InstallAsync());
        device.Write(2, 2);
        Succeeded(await device.InstallAsync());
        for (int stop = 0; stop < 4; stop++)
        {
            Assert.Equal(0, await device.Process.StopAsync());
            await device.StartAsync();
        }

        Assert.Equal(2, await device.ReleaseAsync());
        Assert.Equal(0, (await device.StatusAsync()).GetProperty("probation").GetProperty("crashes").GetInt32());
    }

    [Fact]
    public async Task An_enrolled_device_takes_models_through_its_channel_only()
    {
        await using var device = await UpdatedDevice.StartAsync(("Repository__AllowUpload", "true"));
        device.Write(1, 1);
        Succeeded(await device.InstallAsync());
        using var upload = new StringContent("""{"parameters":{"config":"{}","file:1/model.onnx":"AAAA"}}""");
        using var refused = await device.Process.Client.PostAsync("/v2/repository/models/mine/load", upload, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("ChannelOnly", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        foreach (string verb in new[] { "unload", "load" })
        {
            using var response = await device.Process.Client.PostAsync($"/v2/repository/models/add/{verb}", null, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Equal("1", await device.InferAsync());
        await device.Process.StopAsync();
        var (exit, _, error) = await EdgeServeProcess.RunAsync(device.Environment, "serve", "--models", ModelFolder.Shipped, "--data", device.Data);
        Assert.Equal(3, exit);
        Assert.Contains("channel", error, StringComparison.Ordinal);
        Assert.All(Directory.EnumerateFiles(Path.Combine(device.Data, "active"), "model.onnx", SearchOption.AllDirectories), f => Assert.True(new FileInfo(f).IsReadOnly));
    }

    [Fact]
    public async Task Held_is_held_until_it_is_let_go()
    {
        await using var device = await UpdatedDevice.StartAsync();
        device.Write(1, 1);
        Succeeded(await device.VerbAsync("update", "hold"));
        var (exit, _, error) = await device.InstallAsync();
        Assert.Equal(1, exit);
        Assert.Contains("held", error, StringComparison.Ordinal);
        Succeeded(await device.VerbAsync("update", "hold", "--off"));
        Succeeded(await device.InstallAsync());
        Succeeded(await device.VerbAsync("update", "status"));
        Succeeded(await device.VerbAsync("update", "history"));
    }

    [Fact]
    public async Task A_power_cut_in_probation_is_no_crash_and_a_crash_is()
    {
        Assert.SkipWhen(System.Environment.UserName != "root" || !File.Exists("/usr/bin/unshare"), "needs root and unshare, to give the program another boot id");
        await using var device = await UpdatedDevice.StartAsync();
        device.Write(1, 1);
        Succeeded(await device.InstallAsync());
        await device.Process.KillAsync();
        await File.WriteAllTextAsync(device["boot"], "0f0e0d0c-0000-4000-8000-000000000001\n", TestContext.Current.CancellationToken);
        string[] rebooted = ["unshare", "--mount", "sh", "-c", $"mount --bind '{device["boot"]}' /proc/sys/kernel/random/boot_id && exec \"$@\"", "sh"];
        await device.StartAsync(rebooted);
        Assert.Equal(0, await CrashesAsync(device));
        await device.Process.KillAsync();
        await device.StartAsync(rebooted);
        Assert.Equal(1, await CrashesAsync(device));
        Assert.Equal("1", await device.InferAsync());
    }

    [Fact]
    public async Task A_release_whose_requests_fail_in_probation_is_taken_back_by_itself()
    {
        await using var device = await UpdatedDevice.StartAsync();
        device.Office.Clear().Add("table", 1, ("model.onnx", TestGraphs.Table(10)));
        device.Office.Write(device.Layout, 1);
        Succeeded(await device.InstallAsync());
        Assert.Equal((200, "1"), await RowAsync(device, 5));
        // Good for its sample, not for what this clinic asks.
        device.Office.Clear().Add("table", 2, ("model.onnx", TestGraphs.Table(3)),
            ("golden/first.json", """{"request":{"inputs":[{"name":"input","datatype":"INT64","shape":[1],"data":[0]}]},"expected":[{"check":"values","output":"output","shape":[1],"absolute_tolerance":0.001,"data":[0]}]}"""u8.ToArray()));
        device.Office.Write(device.Layout, 2);
        Succeeded(await device.InstallAsync());
        Assert.Equal((200, "2"), await RowAsync(device, 1));
        for (int i = 0; i < 10; i++)
            await RowAsync(device, 5);
        await device.Process.WaitForLogAsync("back to release 1");
        Assert.Equal((200, "1"), await RowAsync(device, 5));
        var status = await device.StatusAsync();
        Assert.Equal((1, "rolled_back", "probation"), (status.GetProperty("active").GetProperty("release").GetInt64(),
            status.GetProperty("last").GetProperty("code").GetString(), status.GetProperty("last").GetProperty("source").GetString()));
        var (exit, _, error) = await device.InstallAsync();
        Assert.Equal(1, exit);
        Assert.Contains("taken back", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_taken_back_stays_refused_after_another_release_failed_too()
    {
        await using var device = await UpdatedDevice.StartAsync();
        device.Write(1, 1);
        Succeeded(await device.InstallAsync());
        device.Write(2, 2);
        Succeeded(await device.InstallAsync());
        Succeeded(await device.VerbAsync("update", "rollback"));
        device.Write(3, 3, sum: 99);
        Assert.Equal(1, (await device.InstallAsync()).ExitCode);
        device.Write(2, 2);
        var (exit, _, error) = await device.InstallAsync();
        Assert.Equal(1, exit);
        Assert.Contains("taken back", error, StringComparison.Ordinal);
        Assert.Equal("1", await device.InferAsync());
    }

    [Fact]
    public async Task A_restored_backup_never_lowers_what_may_be_installed()
    {
        await using var device = await UpdatedDevice.StartAsync();
        device.Write(1, 1);
        Succeeded(await device.InstallAsync());
        Succeeded(await device.VerbAsync("backup", "create", device["box.tar"]));
        device.Write(5, 5);
        Succeeded(await device.InstallAsync());
        Assert.Equal(0, await device.Process.StopAsync());
        Succeeded(await device.VerbAsync("backup", "restore", device["box.tar"], "--force"));
        await device.StartAsync();
        var status = await device.StatusAsync();
        Assert.Equal((5, 5), (status.GetProperty("highest_release").GetInt64(), status.GetProperty("active").GetProperty("release").GetInt64()));
        device.Write(4, 4);
        Assert.NotEqual(0, (await device.InstallAsync()).ExitCode);
        Assert.Equal("older_release", (await device.StatusAsync()).GetProperty("last").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_version_that_a_waiting_job_is_bound_to_outlives_later_releases_and_no_longer()
    {
        await using var device = await UpdatedDevice.StartAsync(("Jobs__VersionPolicy", "accepted"), ("Jobs__Parallelism", "1"), ("Updates__ProbationRequests", "1"));
        await CommitAsync(1);
        string busy = await SubmitAsync(device, "slow", """{"inputs":[{"name":"input","shape":[1],"datatype":"INT64","data":[4000000000]}]}""");
        while ((await device.JobAsync(busy)).GetProperty("state").GetString() != "running")
            await Task.Yield();
        string bound = await SubmitAsync(device, "add", UpdatedDevice.AddRequest);
        for (int release = 2; release <= 3; release++)
            await CommitAsync(release);
        Assert.Equal(["1", "2", "3"], Versions());
        using var cancelled = await device.Process.Client.DeleteAsync($"/edge/v1/jobs/{busy}", TestContext.Current.CancellationToken);
        var job = await device.JobAsync(bound, "?wait=60s");
        Assert.Equal(("succeeded", "1"), (job.GetProperty("state").GetString(), job.GetProperty("provenance").GetProperty("version").GetString()));
        await CommitAsync(4);
        Assert.Equal(["3", "4"], Versions());

        string[] Versions() => [.. Directory.EnumerateDirectories(Path.Combine(device.Data, "active"))
            .SelectMany(s => Directory.EnumerateDirectories(Path.Combine(s, "add"))).Select(v => Path.GetFileName(v)!).Order(StringComparer.Ordinal)];

        async Task CommitAsync(int release)
        {
            device.Office.Clear().Add("add", release, UpdatedDevice.AddModel(3)).Add("slow", 1, ("model.onnx", TestGraphs.Slow()), ("model.json", """{"max_batch_size":0,"instances":1}"""u8.ToArray()));
            device.Office.Write(device.Layout, release);
            Succeeded(await device.InstallAsync());
            await device.InferAsync();
            await device.Process.WaitForLogAsync($"Update committed: release {release} ");
            // The collection follows the commit: the next look at the folders is after it, or this waits in vain.
            string[] gone = release == 4 ? ["1-*", "2-*"] : [];
            await device.Process.WaitForAsync(() => gone.All(g => !Directory.EnumerateDirectories(Path.Combine(device.Data, "active"), g).Any()), "what no release needs is gone");
        }
    }

    private static async Task<int> CrashesAsync(UpdatedDevice device) => (await device.StatusAsync()).GetProperty("probation").GetProperty("crashes").GetInt32();

    private static async Task<string> SubmitAsync(UpdatedDevice device, string model, string request)
    {
        using var body = new StringContent(request);
        using var response = await device.Process.Client.PostAsync($"/edge/v1/models/{model}/jobs", body, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement.GetProperty("id").GetString()!;
    }

    /// <returns>Status and the version that answered.</returns>
    private static async Task<(int Status, string Version)> RowAsync(UpdatedDevice device, int row)
    {
        using var body = new StringContent($$"""{"inputs":[{"name":"input","datatype":"INT64","shape":[1],"data":[{{row}}]}]}""");
        using var response = await device.Process.Client.PostAsync("/v2/models/table/infer", body, TestContext.Current.CancellationToken);
        var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;
        return ((int)response.StatusCode, json.TryGetProperty("model_version", out var version) ? version.GetString()! : "");
    }

    private static void Succeeded((int ExitCode, string Output, string Error) verb) => Assert.True(verb.ExitCode == 0, verb.Output + verb.Error);
}
