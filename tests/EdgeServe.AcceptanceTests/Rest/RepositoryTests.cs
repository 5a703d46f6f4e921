using System.Text.Json;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.TestModels;

namespace EdgeServe.AcceptanceTests.Rest;

/// <summary>Index, load, unload and upload, each on a server of its own: they change what is served.</summary>
public sealed class RepositoryTests
{
    private const string One = """{"inputs":[{"name":"input","shape":[1,1],"datatype":"FP32","data":[5]}]}""";

    [Fact]
    public async Task Index_shows_every_state_and_filters_ready()
    {
        using var models = ModelFolder.Standard();
        await using var server = await EdgeServeProcess.StartAsync(models.Path, null, "--config", await LoadOnlyAsync(models, "add", "broken"));
        var index = (await server.Client.PostAnswerAsync("/v2/repository/index")).Json.EnumerateArray().ToDictionary(e => e.GetProperty("name").GetString()!);
        Assert.Equal("""{"name":"add","version":"1","state":"READY","reason":""}""", index["add"].GetRawText());
        Assert.Equal("""{"name":"slow"}""", index["slow"].GetRawText());
        Assert.Equal("UNAVAILABLE", index["broken"].GetProperty("state").GetString());
        Assert.Contains("model.onnx", index["broken"].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal("""[{"name":"add","version":"1","state":"READY","reason":""}]""", (await server.Client.PostAnswerAsync("/v2/repository/index", """{"ready":true}""")).Text);
        Assert.Equal(503, (await server.Client.InferAsync("two", One)).Status);
    }

    [Fact]
    public async Task Index_takes_a_body_that_is_not_there()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        await using var server = await EdgeServeProcess.StartAsync(models.Path);
        using var response = await server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/v2/repository/index"), Requests.Stop);
        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task Unload_and_load_again()
    {
        using var models = ModelFolder.Standard();
        await using var server = await EdgeServeProcess.StartAsync(models.Path);
        Assert.Equal((200, 0), Empty(await server.Client.PostAnswerAsync("/v2/repository/models/two/unload", """{"parameters":{"unload_dependents":true}}""")));
        Assert.Equal("""{"name":"two","version":"2","state":"UNAVAILABLE","reason":"unloaded"}""", await EntryAsync(server, "two"));
        Assert.Equal(503, (await server.Client.InferAsync("two", One)).Status);
        Assert.Equal((200, 0), Empty(await server.Client.PostAnswerAsync("/v2/repository/models/two/load")));
        Assert.Equal("[5]", (await server.Client.InferAsync("two", One)).Data);
        Assert.Equal(404, (await server.Client.PostAnswerAsync("/v2/repository/models/nobody/unload")).Status);
    }

    [Fact]
    public async Task Load_takes_a_configuration()
    {
        using var models = ModelFolder.Standard();
        await using var server = await EdgeServeProcess.StartAsync(models.Path);
        string config = JsonSerializer.Serialize("""{"max_batch_size":4,"version_policy":{"all":{}}}""");
        Assert.Equal(200, (await server.Client.PostAnswerAsync("/v2/repository/models/two/load", $$"""{"parameters":{"config":{{config}} } }""")).Status);
        Assert.Equal(4, (await server.Client.GetAnswerAsync("/v2/models/two/config")).Json.GetProperty("max_batch_size").GetInt32());
        Assert.Equal("1", (await server.Client.InferAsync("two/versions/1", One)).Json.GetProperty("model_version").GetString());
        var bad = await server.Client.PostAnswerAsync("/v2/repository/models/two/load", """{"parameters":{"config":"{\"max_batch_size\":-1,\"nonsense\":1}"}}""");
        Assert.Equal(400, bad.Status);
        Assert.Contains("max_batch_size", bad.Error, StringComparison.Ordinal);
        Assert.Contains("nonsense", bad.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_reload_keeps_the_old_one_and_says_why()
    {
        using var models = ModelFolder.Standard();
        await using var server = await EdgeServeProcess.StartAsync(models.Path);
        await File.WriteAllTextAsync(Path.Combine(models.Path, "two", "2", "model.onnx"), "damaged", Requests.Stop);
        var answer = await server.Client.PostAnswerAsync("/v2/repository/models/two/load");
        Assert.Equal(400, answer.Status);
        Assert.StartsWith("failed to load 'two'", answer.Error, StringComparison.Ordinal);
        Assert.Equal("[5]", (await server.Client.InferAsync("two", One)).Data);
        Assert.Contains("reload failed", await EntryAsync(server, "two"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_of_what_is_not_there_fails_in_the_protocols_words()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        await using var server = await EdgeServeProcess.StartAsync(models.Path);
        var answer = await server.Client.PostAnswerAsync("/v2/repository/models/nobody/load");
        Assert.Equal(400, answer.Status);
        Assert.StartsWith("failed to load 'nobody'", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Uploads_are_off_unless_configured()
    {
        using var models = ModelFolder.Standard();
        await using var server = await EdgeServeProcess.StartAsync(models.Path);
        Assert.Equal(403, (await server.Client.PostAnswerAsync("/v2/repository/models/fresh/load", Upload("1/model.onnx"))).Status);
        Assert.False(Directory.Exists(Path.Combine(models.Path, "fresh")));
    }

    [Theory]
    [InlineData("1/model.onnx", 200)]
    [InlineData("../escape/1/model.onnx", 400)]
    [InlineData("/tmp/model.onnx", 400)]
    [InlineData("1/../../model.onnx", 400)]
    [InlineData("1//model.onnx", 400)]
    [InlineData(".hidden/model.onnx", 400)]
    public async Task An_upload_stays_inside_its_models_folder(string path, int status)
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        await using var server = await EdgeServeProcess.StartAsync(models.Path, new Dictionary<string, string?> { ["EDGESERVE__Repository__AllowUpload"] = "true" });
        Assert.Equal(status, (await server.Client.PostAnswerAsync("/v2/repository/models/fresh/load", Upload(path))).Status);
        Assert.Equal(status == 200 ? ["breast-cancer", "fresh"] : ["breast-cancer"], Directory.EnumerateDirectories(models.Path).Select(d => Path.GetFileName(d)!).Order());
        if (status == 200)
            Assert.Equal("[5]", (await server.Client.InferAsync("fresh", One)).Data);
    }

    [Fact]
    public async Task An_upload_without_a_configuration_is_an_error()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        await using var server = await EdgeServeProcess.StartAsync(models.Path, new Dictionary<string, string?> { ["EDGESERVE__Repository__AllowUpload"] = "true" });
        Assert.Equal(400, (await server.Client.PostAnswerAsync("/v2/repository/models/fresh/load", """{"parameters":{"file:1/model.onnx":"AAAA"}}""")).Status);
    }

    private static string Upload(string path) =>
        $$"""{"parameters":{"config":"{}","file:{{path}}":"{{Convert.ToBase64String(TestGraphs.Identity(OnnxType.Float))}}"} }""";

    private static (int Status, int Length) Empty(Requests.Answer answer) => (answer.Status, answer.Body.Length);

    private static async Task<string> EntryAsync(EdgeServeProcess server, string name) =>
        (await server.Client.PostAnswerAsync("/v2/repository/index")).Json.EnumerateArray().First(e => e.GetProperty("name").GetString() == name).GetRawText();

    private static async Task<string> LoadOnlyAsync(ModelFolder models, params string[] names)
    {
        string file = Path.Combine(models.Path, "settings.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { Repository = new { LoadAtStart = names } }), Requests.Stop);
        return file;
    }
}
