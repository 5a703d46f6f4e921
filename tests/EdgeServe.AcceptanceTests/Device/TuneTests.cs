using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Device;

/// <summary><c>edgeserve tune</c> on this device: measured, kept, in force at the next start.</summary>
public sealed class TuneTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("es-tune-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task What_was_measured_is_kept_with_its_table_and_runs_from_the_next_start()
    {
        using var models = Tumours();
        var (exit, output, error) = await TuneAsync(models, "--dry-run");
        Assert.True(exit == 0, error);
        Assert.Matches("Graph +Threads +Instances +Spin +Batch +Requests/s", output);
        Assert.Contains("best", output, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^ *model\.onnx +1 ", output);
        Assert.Matches(@"(?m)^ *model\.fp32\.onnx +1 ", output);
        string file = Path.Combine(_data, "tuning", "breast-cancer.json");
        Assert.False(File.Exists(file));

        (exit, output, error) = await TuneAsync(models, "--json");
        Assert.True(exit == 0, error);
        Assert.Equal(output.Trim(), (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Trim());
        var found = JsonDocument.Parse(output).RootElement;
        Assert.All(found.GetProperty("table").EnumerateArray(), r => Assert.True(r.GetProperty("per_second").GetDouble() > 0));
        int instances = found.GetProperty("definition").GetProperty("instances").GetInt32();

        await using (var server = await StartAsync(models))
        {
            Assert.Contains("breast-cancer version 1 runs as tuned on this device", server.Output, StringComparison.Ordinal);
            var config = (await server.Client.GetAnswerAsync("/v2/models/breast-cancer/config")).Json;
            Assert.Equal(instances, config.GetProperty("instance_group")[0].GetProperty("count").GetInt32());
            Assert.Equal(200, (await server.Client.InferAsync("breast-cancer", Requests.BreastCancer)).Status);
            (exit, _, error) = await TuneAsync(models);
            Assert.Equal(1, exit);
            Assert.Contains("the two would measure each other", error, StringComparison.Ordinal);
        }

        // Another graph, then nonsense: left aside, and said.
        await File.WriteAllTextAsync(file, output.Replace("\"graph_bytes\": ", "\"graph_bytes\": 1", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await using (var server = await StartAsync(models))
            Assert.Contains("was measured with another graph", server.Output, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, "{\"version\":1", TestContext.Current.CancellationToken);
        await using (var server = await StartAsync(models))
            Assert.Contains("cannot be used and is left aside", server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_graph_that_was_chosen_serves_and_one_that_answers_wrongly_is_left_out()
    {
        using var models = Tumours();
        string version = Path.Combine(models.Path, "breast-cancer", "1"), file = Path.Combine(_data, "tuning", "breast-cancer.json");
        File.Copy(Path.Combine(ModelFolder.Shipped, "digits", "1", "model.onnx"), Path.Combine(version, "model.wrong.onnx"));
        string golden = Path.Combine(version, "golden", "eight-rows.json");
        await File.WriteAllTextAsync(golden, (await File.ReadAllTextAsync(golden, TestContext.Current.CancellationToken)).Replace("\"absolute_tolerance\": 0.05", "\"absolute_tolerance\": 0.0001", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var (exit, output, error) = await TuneAsync(models);
        Assert.True(exit == 0, error);
        Assert.Contains("model.fp32.onnx was left out: golden sample eight-rows: probabilities", output, StringComparison.Ordinal);
        Assert.Contains("model.wrong.onnx was left out: failed to load 'breast-cancer' version 1: labels.txt: has 2 lines", output, StringComparison.Ordinal);

        // Whatever was quicker here: the other one.
        var found = JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!;
        found["definition"]!["execution"]!["graph"] = "model.fp32.onnx";
        found["graph_bytes"] = new FileInfo(Path.Combine(version, "model.fp32.onnx")).Length;
        await File.WriteAllTextAsync(file, found.ToJsonString(), TestContext.Current.CancellationToken);
        await using var server = await StartAsync(models);
        Assert.Equal("model.fp32.onnx", (await server.Client.GetAnswerAsync("/v2/models/breast-cancer/config")).Json.GetProperty("default_model_filename").GetString());
        double[] fp32 = await ProbabilitiesAsync(server, golden);
        // A client may ask for the other graph as it would ask Triton.
        var answer = await server.Client.PostAsync("/v2/repository/models/breast-cancer/load", new StringContent(/*lang=json,strict*/ "{\"parameters\":{\"config\":\"{\\\"default_model_filename\\\":\\\"model.onnx\\\"}\"}}"), TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        double[] int8 = await ProbabilitiesAsync(server, golden);
        Assert.NotEqual(fp32, int8);
        Assert.All(fp32.Zip(int8), p => Assert.Equal(p.First, p.Second, 0.05));
    }

    [Fact]
    public async Task A_model_that_is_not_there_is_named()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        var (exit, _, error) = await EdgeServeProcess.RunAsync("tune", "nothing", "--models", models.Path, "--data", _data);
        Assert.Equal(1, exit);
        Assert.Contains("'nothing'", error, StringComparison.Ordinal);
    }

    /// <summary>With its golden samples: without them no other graph is trusted.</summary>
    private static ModelFolder Tumours()
    {
        var models = new ModelFolder().AddShipped("breast-cancer");
        string golden = Directory.CreateDirectory(Path.Combine(models.Path, "breast-cancer", "1", "golden")).FullName;
        foreach (string file in Directory.EnumerateFiles(Path.Combine(ModelFolder.Shipped, "breast-cancer", "1", "golden")))
            File.Copy(file, Path.Combine(golden, Path.GetFileName(file)));
        return models;
    }

    private static async Task<double[]> ProbabilitiesAsync(EdgeServeProcess server, string golden)
    {
        string request = JsonNode.Parse(await File.ReadAllTextAsync(golden, TestContext.Current.CancellationToken))!["request"]!.ToJsonString();
        var answer = await server.Client.InferAsync("breast-cancer", request);
        return [.. answer.Json.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(v => v.GetDouble())];
    }

    private Task<EdgeServeProcess> StartAsync(ModelFolder models) => EdgeServeProcess.StartAsync(new ServerStart(models.Path) { Data = _data });

    private Task<(int ExitCode, string Output, string Error)> TuneAsync(ModelFolder models, params string[] more) =>
        EdgeServeProcess.RunAsync(["tune", "breast-cancer", "--seconds", "1", "--models", models.Path, "--data", _data, .. more]);
}
