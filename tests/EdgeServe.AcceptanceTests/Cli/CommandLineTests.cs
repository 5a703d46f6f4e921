using System.Text.Json;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.TestModels;

namespace EdgeServe.AcceptanceTests.Cli;

public sealed class CommandLineTests
{
    [Fact]
    public async Task Version_prints_a_version()
    {
        var (exit, output, _) = await EdgeServeProcess.RunAsync("--version");
        Assert.Equal(0, exit);
        Assert.Matches(@"^\d+\.\d+\.\d+", output);
    }

    [Fact]
    public async Task Without_a_verb_it_explains_itself()
    {
        var (exit, output, _) = await EdgeServeProcess.RunAsync();
        Assert.Equal(0, exit);
        foreach (string verb in new[] { "serve", "model", "bench", "doctor", "config" })
            Assert.Contains(verb, output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("serve", "--models")]
    [InlineData("serve", "--models", "/nowhere/at/all")]
    [InlineData("serve", "--config", "/nowhere.json")]
    [InlineData("serve", "--urls", "ftp://x")]
    [InlineData("model", "list", "--models", "/nowhere/at/all")]
    public async Task Wrong_usage_exits_with_2_and_a_hint(params string[] arguments)
    {
        var (exit, _, error) = await EdgeServeProcess.RunAsync(arguments);
        Assert.Equal(2, exit);
        Assert.NotEmpty(error);
    }

    [Theory]
    [InlineData("--urls")]
    [InlineData("--grpc-urls")]
    public async Task Listening_beyond_loopback_exits_with_3_and_a_hint(string flag)
    {
        var (exit, _, error) = await EdgeServeProcess.RunAsync("serve", "--models", ModelFolder.Shipped, flag, "http://0.0.0.0:18999");
        Assert.Equal(3, exit);
        Assert.Contains("--insecure", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_configuration_errors_are_listed_at_once()
    {
        var environment = new Dictionary<string, string?>
        {
            ["EDGESERVE__Limits__MaxConnections"] = "0",
            ["EDGESERVE__Repository__VersionPolicy"] = "newest",
            ["EDGESERVE__Server__Nmae"] = "x",
        };
        var (exit, _, error) = await EdgeServeProcess.RunAsync(environment, "serve", "--models", ModelFolder.Shipped);
        Assert.Equal(2, exit);
        foreach (string key in new[] { "MaxConnections", "VersionPolicy", "Nmae", "did you mean Server:Name?" })
            Assert.Contains(key, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_taken_port_exits_with_1()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var (exit, _, error) = await EdgeServeProcess.RunAsync("serve", "--models", ModelFolder.Shipped, "--urls", $"http://{listener.LocalEndpoint}");
        Assert.Equal(1, exit);
        Assert.Contains("--urls", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shipped_models_pass_their_golden_samples()
    {
        var (exit, output, error) = await EdgeServeProcess.RunAsync("model", "check", "--models", ModelFolder.Shipped, "--repeat", "1", "--json");
        Assert.True(exit == 0, output + error);
        var results = JsonDocument.Parse(output).RootElement.EnumerateArray().ToArray();
        string[] models = ["breast-cancer", "digits", "digits-8x8", "face-detection", "language-id", "ocr-detection", "ocr-direction", "ocr-recognition", "voice-activity"];
        Assert.Equal(models, results.Select(r => r.GetProperty("model").GetString()!).Distinct().Order(StringComparer.Ordinal));
        Assert.All(results, r => Assert.True(r.GetProperty("passed").GetBoolean()));
    }

    [Fact]
    public async Task A_golden_sample_that_does_not_hold_fails_the_check()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        string golden = Directory.CreateDirectory(Path.Combine(models.Path, "breast-cancer", "1", "golden")).FullName;
        string sample = await File.ReadAllTextAsync(Path.Combine(ModelFolder.Shipped, "breast-cancer", "1", "golden", "eight-rows.json"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(golden, "wrong.json"), sample.Replace("0.130902", "0.630902", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var (exit, output, _) = await EdgeServeProcess.RunAsync("model", "check", "breast-cancer", "--models", models.Path);
        Assert.Equal(1, exit);
        Assert.Contains("FAIL", output, StringComparison.Ordinal);
        Assert.Contains("0.5", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Model_list_and_show_describe_the_folder()
    {
        var (_, list, _) = await EdgeServeProcess.RunAsync("model", "list", "--models", ModelFolder.Shipped, "--json");
        Assert.Equal(9, JsonDocument.Parse(list).RootElement.GetArrayLength());
        var (exit, show, _) = await EdgeServeProcess.RunAsync("model", "show", "face-detection", "--models", ModelFolder.Shipped, "--json");
        Assert.Equal(0, exit);
        Assert.Equal(4, JsonDocument.Parse(show).RootElement.GetProperty("outputs").GetArrayLength());
        Assert.Equal(1, (await EdgeServeProcess.RunAsync("model", "show", "nobody", "--models", ModelFolder.Shipped)).ExitCode);
    }

    [Fact]
    public async Task Every_error_of_a_definition_is_listed_at_once()
    {
        using var models = new ModelFolder().Add("bad", TestGraphs.Add(), definition: """{"max_batch_size":-1,"instances":"two","nonsense":1,"answer":{"labels":{"C":"../x"}}}""");
        var (_, _, error) = await EdgeServeProcess.RunAsync("model", "list", "--models", models.Path);
        foreach (string key in new[] { "max_batch_size", "instances", "nonsense", "answer.labels.C" })
            Assert.Contains(key, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_finds_nothing_wrong_with_the_shipped_models_and_says_what_is_wrong_with_bad_ones()
    {
        string data = Directory.CreateTempSubdirectory().FullName;
        string[] ports = ["--urls", $"http://127.0.0.1:{EdgeServeProcess.FreePort()}", "--grpc-urls", $"http://127.0.0.1:{EdgeServeProcess.FreePort()}", "--data", data, "--json"];
        var (exit, output, _) = await EdgeServeProcess.RunAsync(["doctor", "--models", ModelFolder.Shipped, .. ports]);
        Assert.True(exit == 0, output);
        Assert.Contains(JsonDocument.Parse(output).RootElement.EnumerateArray(), f => f.GetProperty("check").GetString()!.StartsWith("Telemetry", StringComparison.Ordinal) && f.GetProperty("detail").GetString() == "off");
        using var models = ModelFolder.Standard();
        var (failed, findings, _) = await EdgeServeProcess.RunAsync(["doctor", "--models", models.Path, .. ports]);
        Assert.Equal(1, failed);
        var broken = JsonDocument.Parse(findings).RootElement.EnumerateArray().Single(f => f.GetProperty("check").GetString() == "Model broken");
        Assert.NotEmpty(broken.GetProperty("hint").GetString()!);
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task Config_show_names_value_and_source()
    {
        var (_, output, _) = await EdgeServeProcess.RunAsync(new Dictionary<string, string?> { ["EDGESERVE__Server__Name"] = "box" }, "config", "show", "--models", "/m", "--json");
        var rows = JsonDocument.Parse(output).RootElement.EnumerateArray().ToDictionary(r => r.GetProperty("key").GetString()!);
        Assert.Equal(("box", "environment"), (rows["Server:Name"].GetProperty("value").GetString(), rows["Server:Name"].GetProperty("source").GetString()));
        Assert.Equal(("/m", "flag"), (rows["Repository:Path"].GetProperty("value").GetString(), rows["Repository:Path"].GetProperty("source").GetString()));
        Assert.Equal("default", rows["Limits:MaxConnections"].GetProperty("source").GetString());
    }

    [Fact]
    public async Task Bench_measures_every_protocol_on_a_server_it_starts()
    {
        var (exit, output, error) = await EdgeServeProcess.RunAsync("bench", "breast-cancer", "--models", ModelFolder.Shipped, "--connections", "2", "--requests", "50", "--seconds", "5", "--json");
        Assert.True(exit == 0, error);
        var rows = JsonDocument.Parse(output).RootElement.EnumerateArray().ToArray();
        Assert.Equal(["http-binary", "http-json", "grpc"], rows.Select(r => r.GetProperty("protocol").GetString()));
        Assert.All(rows, r => Assert.Equal((50, 0), (r.GetProperty("requests").GetInt64(), r.GetProperty("failed").GetInt64())));
    }
}
