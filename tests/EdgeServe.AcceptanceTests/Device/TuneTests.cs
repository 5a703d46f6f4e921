using System.Text.Json;
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
        using var models = new ModelFolder().AddShipped("breast-cancer");
        var (exit, output, error) = await TuneAsync(models, "--dry-run");
        Assert.True(exit == 0, error);
        Assert.Matches("Threads +Instances +Spin +Batch +Requests/s", output);
        Assert.Contains("best", output, StringComparison.Ordinal);
        Assert.Contains("int8 and fp32 were not compared", output, StringComparison.Ordinal);
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
    public async Task A_model_that_is_not_there_is_named()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        var (exit, _, error) = await EdgeServeProcess.RunAsync("tune", "nothing", "--models", models.Path, "--data", _data);
        Assert.Equal(1, exit);
        Assert.Contains("'nothing'", error, StringComparison.Ordinal);
    }

    private Task<EdgeServeProcess> StartAsync(ModelFolder models) => EdgeServeProcess.StartAsync(new ServerStart(models.Path) { Data = _data });

    private Task<(int ExitCode, string Output, string Error)> TuneAsync(ModelFolder models, params string[] more) =>
        EdgeServeProcess.RunAsync(["tune", "breast-cancer", "--seconds", "1", "--models", models.Path, "--data", _data, .. more]);
}
