using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Telemetry;

/// <summary>From the author's data to the alarm on the device, with the real program.</summary>
public sealed class DriftTests : IDisposable
{
    private static readonly string Data = Path.Combine(ModelFolder.RepositoryRoot, "tests", "Data", "breast-cancer.csv");
    private static readonly float[][] Rows = [.. File.ReadLines(Data).Skip(1).Select(l => l.Split(',').Select(c => float.Parse(c, CultureInfo.InvariantCulture)).ToArray())];
    private readonly string _root = Directory.CreateTempSubdirectory("edgeserve-drift-").FullName;
    private readonly ModelFolder _models = new ModelFolder().AddShipped("breast-cancer");

    private string this[string name] => Path.Combine(_root, name);

    public void Dispose()
    {
        _models.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task A_profile_is_made_packed_and_installed_and_a_shifted_stream_alarms()
    {
        // The author's desk: the model as it was before it had a reference.
        string version = Path.Combine(_models.Path, "breast-cancer", "1");
        File.Delete(Path.Combine(version, "reference.json"));
        await File.WriteAllTextAsync(Path.Combine(version, "model.json"), """{"max_batch_size":64}""", TestContext.Current.CancellationToken);
        string made = await DoAsync(0, "model", "profile", "breast-cancer", "--models", _models.Path, "--data", Data);
        Assert.Contains("569 rows, 30 features, 2 classes", made, StringComparison.Ordinal);
        Assert.Contains("\"file\": \"reference.json\"", await File.ReadAllTextAsync(Path.Combine(version, "model.json"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        string profile = await File.ReadAllTextAsync(Path.Combine(version, "reference.json"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(version, "reference.json"), profile.Replace("\"rows\":569", "\"rows\":0", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Contains("rows is 0", await DoAsync(1, "bundle", "pack", version, "--out", this["layout"]), StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(version, "reference.json"), profile, TestContext.Current.CancellationToken);
        await DoAsync(0, "bundle", "pack", version, "--out", this["layout"]);
        Assert.Contains("application/vnd.edgeserve.reference", await DoAsync(0, "bundle", "inspect", this["layout"] + ":breast-cancer-1"), StringComparison.Ordinal);
        await DoAsync(0, "key", "generate", this["office.pem"]);
        await DoAsync(0, "channel", "build", this["layout"] + ":breast-cancer-1", "--channel", "clinic", "--release", "1", "--device-class", "test", "--out", this["layout"]);
        await DoAsync(0, "channel", "sign", this["layout"], "--channel", "clinic", "--key", this["office.pem"]);
        await DoAsync(0, "fleet", "init", "--channel", "clinic", "--device-class", "test", "--key", this["office.pem.pub"], "--out", this["fleet.json"]);

        // The device.
        await DoAsync(0, "device", "enroll", this["fleet.json"], "--data", this["data"]);
        await using (var device = await StartAsync())
        {
            await DoAsync(0, "update", "install", this["layout"], "--data", this["data"]);
            var random = new Random(11);
            await SendAsync(device, random, 600);
            var drift = await DriftAsync(device);
            Assert.Equal(("shipped", 569, 600), (drift.GetProperty("reference").GetString(), drift.GetProperty("reference_rows").GetInt64(), drift.GetProperty("rows").GetInt64() + drift.GetProperty("skipped_rows").GetInt64()));
            Assert.NotEqual("alarm", drift.GetProperty("level").GetString());
            await DoAsync(0, "model", "drift", "breast-cancer", "--data", this["data"]);
            Assert.DoesNotContain("has drifted", device.Output, StringComparison.Ordinal);

            await SendAsync(device, random, 500, 0, 21);
            drift = await DriftAsync(device);
            Assert.Equal("alarm", drift.GetProperty("level").GetString());
            Assert.Equal(["mean radius", "worst texture"], drift.GetProperty("features").EnumerateArray().OrderByDescending(f => f.GetProperty("psi").GetDouble())
                .Take(2).Select(f => f.GetProperty("name").GetString()).Order());
            Assert.Contains("mean radius", await DoAsync(1, "model", "drift", "breast-cancer", "--data", this["data"]), StringComparison.Ordinal);
            await device.WaitForLogAsync("breast-cancer version 1 has drifted");
            string metrics = await device.Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
            Assert.Matches("""edgeserve_drift_alarm\{[^}]*model="breast-cancer"[^}]*\} 1""", metrics);
            Assert.Matches("""edgeserve_drift_psi\{[^}]*feature="mean radius"[^}]*\} [0-9.]+""", metrics);
            Assert.Equal(0, await device.StopAsync());
        }

        // What is known outlives the stop, and belongs to this graph.
        await using (var device = await StartAsync())
        {
            var drift = await DriftAsync(device);
            Assert.Equal(("alarm", 1_100), (drift.GetProperty("level").GetString(), drift.GetProperty("rows").GetInt64() + drift.GetProperty("skipped_rows").GetInt64()));
        }
    }

    [Fact]
    public async Task Drift_says_what_is_not_watched_and_the_author_is_told_every_mistake()
    {
        await using var server = await EdgeServeProcess.StartAsync(new ServerStart(_models.Path) { Environment = new Dictionary<string, string?> { ["EDGESERVE__Telemetry__Drift"] = "false" } });
        using var off = await server.Client.GetAsync("/edge/v1/models/breast-cancer/drift", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, off.StatusCode);
        Assert.Contains("NotWatched", await off.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using var unknown = await server.Client.GetAsync("/edge/v1/models/nobody/drift", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);

        string wide = this["wide.csv"];
        await File.WriteAllTextAsync(wide, string.Join(',', Enumerable.Range(0, 31)), TestContext.Current.CancellationToken);
        Assert.Contains("line 1 has 31 columns", await DoAsync(1, "model", "profile", "breast-cancer", "--models", _models.Path, "--data", wide), StringComparison.Ordinal);
        Assert.Contains("is not there", await DoAsync(2, "model", "profile", "breast-cancer", "--models", _models.Path, "--data", this["nothing"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Series_outlive_a_restart_and_their_mistakes_are_named()
    {
        await using (var server = await EdgeServeProcess.StartAsync(new ServerStart(_models.Path) { Data = this["data"] }))
        {
            await SendAsync(server, new Random(1), 200);
            using var failed = await server.Client.PostAsync("/v2/models/breast-cancer/infer", new StringContent("""{"inputs":[]}"""), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.BadRequest, failed.StatusCode);
            Assert.Equal(0, await server.StopAsync());
        }

        await using (var server = await EdgeServeProcess.StartAsync(new ServerStart(_models.Path) { Data = this["data"] }))
        {
            var body = await server.Client.GetFromJsonAsync<JsonElement>("/edge/v1/series?name=requests_per_second,latency_p99_ms&name=memory_bytes&hours=1", TestContext.Current.CancellationToken);
            Assert.Equal(10, body.GetProperty("step_seconds").GetInt32());
            var series = body.GetProperty("series").EnumerateArray().ToDictionary(s => s.GetProperty("name").GetString()!, s => s.GetProperty("points").EnumerateArray().Where(p => p.ValueKind == JsonValueKind.Number).Select(p => p.GetDouble()).ToArray());
            Assert.Equal(["latency_p99_ms", "memory_bytes", "requests_per_second"], series.Keys.Order());
            Assert.True(series["requests_per_second"].Max() > 1);
            Assert.InRange(series["latency_p99_ms"].Max(), 0.001, 10_000);
            Assert.InRange(series["memory_bytes"].Max(), 1 << 20, 1L << 40);
            var boot = Assert.Single(body.GetProperty("boots").EnumerateArray());
            Assert.InRange(body.GetProperty("running_ms").GetInt64() + boot.GetProperty("wall_minus_running_ms").GetInt64() - body.GetProperty("wall_ms").GetInt64(), -5_000, 5_000);
            string day = await server.Client.GetStringAsync("/edge/v1/series?hours=24", TestContext.Current.CancellationToken);
            Assert.Contains("\"step_seconds\":60", day, StringComparison.Ordinal);
            foreach (string bad in new[] { "name=nothing", "hours=0", "hours=337", "hours=NaN", "hours=-1", "hours=x" })
            {
                using var refused = await server.Client.GetAsync("/edge/v1/series?" + bad, TestContext.Current.CancellationToken);
                Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            }
        }
    }

    private async Task<EdgeServeProcess> StartAsync() =>
        await EdgeServeProcess.StartAsync(new ServerStart("") { Data = this["data"], Environment = new Dictionary<string, string?> { ["EDGESERVE__Updates__MediaDirectory"] = "" } });

    private static async Task<JsonElement> DriftAsync(EdgeServeProcess device) =>
        await device.Client.GetFromJsonAsync<JsonElement>("/edge/v1/models/breast-cancer/drift", TestContext.Current.CancellationToken);

    /// <summary>Rows of the data drawn at random, some features up by one standard deviation.</summary>
    private static async Task SendAsync(EdgeServeProcess device, Random random, int requests, params int[] shifted)
    {
        var deviations = shifted.Select(i => (float)Math.Sqrt(Rows.Average(r => Math.Pow(r[i] - Rows.Average(o => o[i]), 2)))).ToArray();
        for (int n = 0; n < requests; n++)
        {
            float[] row = [.. Rows[random.Next(Rows.Length)]];
            for (int i = 0; i < shifted.Length; i++)
                row[shifted[i]] += deviations[i];
            using var body = new StringContent($$"""{"inputs":[{"name":"features","shape":[1,30],"datatype":"FP32","data":[{{string.Join(',', row.Select(v => v.ToString(CultureInfo.InvariantCulture)))}}]}]}""");
            using var response = await device.Client.PostAsync("/v2/models/breast-cancer/infer", body, TestContext.Current.CancellationToken);
            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    private static async Task<string> DoAsync(int expected, params string[] arguments)
    {
        var (exit, output, error) = await EdgeServeProcess.RunAsync(arguments);
        Assert.True(exit == expected, $"edgeserve {string.Join(' ', arguments)}: {exit}: {error}{output}");
        return output + error;
    }
}
