using System.Text.Json;
using System.Text.RegularExpressions;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Serving;

/// <summary>What an operator sees: metrics, the start-up line, the API description, a base path.</summary>
public sealed class OperationTests
{
    [Fact]
    public async Task Metrics_follow_the_requests_and_carry_the_names_dashboards_know()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        await using var server = await EdgeServeProcess.StartAsync(models.Path, new Dictionary<string, string?> { ["EDGESERVE__Metrics__TritonNames"] = "true" });
        for (int i = 0; i < 3; i++)
            await server.Client.InferAsync("breast-cancer", Requests.BreastCancer);
        await server.Client.InferAsync("breast-cancer", "{");
        string text = (await server.Client.GetAnswerAsync("/metrics")).Text;
        AssertMetric(text, "edgeserve_request_duration_seconds_count", 3);
        AssertMetric(text, "edgeserve_queue_duration_seconds_count", 3);
        AssertMetric(text, "edgeserve_compute_duration_seconds_count", 3);
        AssertMetric(text, "edgeserve_requests_success_total", 3);
        AssertMetric(text, "edgeserve_requests_failure_total", 1);
        foreach (string name in new[] { "request_success", "count", "exec_count" })
            AssertMetric(text, "nv_inference_" + name, 3);
        AssertMetric(text, "nv_inference_request_failure", 1);
        AssertMetric(text, "nv_inference_pending_request_count", 0);
        foreach (string name in new[] { "request", "queue", "compute_infer" })
            Assert.Contains($"nv_inference_{name}_duration_us{{", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Triton_names_are_off_by_default()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        await using var server = await EdgeServeProcess.StartAsync(models.Path);
        Assert.DoesNotContain("nv_inference", (await server.Client.GetAnswerAsync("/metrics")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_line_says_what_runs_here()
    {
        using var models = ModelFolder.Standard();
        await using var server = await EdgeServeProcess.StartAsync(models.Path);
        await server.StopAsync();
        string line = server.Output.Split('\n').Single(l => l.Contains("[4001]", StringComparison.Ordinal));
        Assert.Matches(@"EdgeServe \S+ ready \(\.NET \S+, ONNX Runtime \S+, \S+\) on http://127.*breast-cancer/1.*failed to load: 1", line);
    }

    [Fact]
    public async Task Server_name_and_base_path_are_settings()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        var environment = new Dictionary<string, string?> { ["EDGESERVE__Server__Name"] = "clinic-7", ["EDGESERVE__Server__PathBase"] = "/models" };
        await using var server = EdgeServeProcess.Launch(models.Path, environment);
        await server.WaitAsync("/models/v2/health/ready");
        Assert.Equal("clinic-7", (await server.Client.GetAnswerAsync("/models/v2")).Json.GetProperty("name").GetString());
        Assert.Equal(200, (await server.Client.SendAnswerAsync("/models/v2/models/breast-cancer/infer", System.Text.Encoding.UTF8.GetBytes(Requests.BreastCancer), null)).Status);
    }

    [Fact]
    public async Task Told_to_stop_it_ends_with_0_and_finishes_what_it_began()
    {
        using var models = ModelFolder.Standard();
        await using var server = await EdgeServeProcess.StartAsync(models.Path);
        var running = server.Client.InferAsync("slow", """{"inputs":[{"name":"input","shape":[1],"datatype":"INT64","data":[300000]}]}""");
        while (!(await server.Client.GetAnswerAsync("/metrics")).Text.Contains("edgeserve_pending_requests{otel_scope_name=\"EdgeServe.Serving\",model=\"slow\",version=\"1\"} 1", StringComparison.Ordinal) && !running.IsCompleted)
            await Task.Yield();
        Assert.Equal(0, await server.StopAsync());
        Assert.Equal((200, "[300000]"), ((await running).Status, (await running).Data));
    }

    [Fact]
    public async Task Logs_are_json_when_asked_for()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        await using var server = await EdgeServeProcess.StartAsync(models.Path, new Dictionary<string, string?> { ["EDGESERVE__Logging__Console__FormatterName"] = "json" });
        await server.StopAsync();
        var line = JsonDocument.Parse(server.Output.Split('\n').Single(l => l.Contains("4001", StringComparison.Ordinal))).RootElement;
        Assert.Equal(4001, line.GetProperty("EventId").GetInt32());
        Assert.Equal("breast-cancer/1", line.GetProperty("State").GetProperty("Models").GetString());
    }

    [Fact]
    public async Task The_api_describes_itself()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        await using var server = await EdgeServeProcess.StartAsync(models.Path);
        var document = (await server.Client.GetAnswerAsync("/openapi/v1.json")).Json;
        Assert.Equal("3.1.0", document.GetProperty("openapi").GetString());
        Assert.True(document.GetProperty("paths").TryGetProperty("/v2/models/{model}/infer", out JsonElement _));
    }

    private static void AssertMetric(string text, string name, int value) =>
        Assert.Matches($@"(?m)^{Regex.Escape(name)}\{{[^}}]*model=""breast-cancer""[^}}]*\}} {value}$", text);
}
