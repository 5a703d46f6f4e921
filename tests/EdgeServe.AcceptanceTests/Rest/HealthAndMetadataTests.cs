using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Rest;

public sealed class HealthAndMetadataTests(StandardServer server)
{
    [Theory]
    [InlineData("/v2/health/live", 200, """{"live":true}""")]
    [InlineData("/v2/health/ready", 200, """{"ready":true}""")]
    [InlineData("/v2/models/breast-cancer/ready", 200, """{"name":"breast-cancer","ready":true}""")]
    [InlineData("/v2/models/breast-cancer/versions/1/ready", 200, """{"name":"breast-cancer","ready":true}""")]
    [InlineData("/v2/models/breast-cancer", 200,
        """{"name":"breast-cancer","versions":["1"],"platform":"onnxruntime_onnx","inputs":[{"name":"features","datatype":"FP32","shape":[-1,30]}],"outputs":[{"name":"probabilities","datatype":"FP32","shape":[-1,2]}]}""")]
    [InlineData("/v2/models/slow", 200,
        """{"name":"slow","versions":["1"],"platform":"onnxruntime_onnx","inputs":[{"name":"input","datatype":"INT64","shape":[1]}],"outputs":[{"name":"output","datatype":"INT64","shape":[1]}]}""")]
    [InlineData("/v2/trace/setting", 200, """{"trace_level":["OFF"],"trace_rate":"1000","trace_count":"-1","log_frequency":"0","trace_file":"","trace_mode":"opentelemetry"}""")]
    [InlineData("/v2/models/breast-cancer/trace/setting", 200, """{"trace_level":["OFF"],"trace_rate":"1000","trace_count":"-1","log_frequency":"0","trace_file":"","trace_mode":"opentelemetry"}""")]
    [InlineData("/v2/systemsharedmemory/status", 200, "[]")]
    [InlineData("/v2/cudasharedmemory/region/r/status", 200, "[]")]
    public async Task Get_answers_the_body_clients_know(string path, int status, string body)
    {
        var answer = await server.Client.GetAnswerAsync(path);
        Assert.Equal(status, answer.Status);
        Assert.Equal("application/json", answer.ContentType);
        Assert.Equal(body, answer.Text);
    }

    [Theory]
    [InlineData("/v2")]
    [InlineData("/v2/")]
    public async Task Server_metadata_lists_true_extensions(string path)
    {
        var json = (await server.Client.GetAnswerAsync(path)).Json;
        Assert.Equal("edgeserve", json.GetProperty("name").GetString());
        string[] extensions = [.. json.GetProperty("extensions").EnumerateArray().Select(e => e.GetString()!)];
        Assert.Contains("binary_tensor_data", extensions);
        Assert.DoesNotContain("sequence", extensions);
        Assert.DoesNotContain("system_shared_memory", extensions);
    }

    [Fact]
    public async Task Models_lists_those_that_answer()
    {
        string[] names = [.. (await server.Client.GetAnswerAsync("/v2/models")).Json.GetProperty("models").EnumerateArray().Select(e => e.GetString()!)];
        Assert.Contains("breast-cancer", names);
        Assert.DoesNotContain("broken", names);
    }

    [Theory]
    [InlineData("/v2/models/nobody", 404, "Request for unknown model: 'nobody' is not found")]
    [InlineData("/v2/models/breast-cancer/versions/9", 404, "Request for unknown model: 'breast-cancer' version 9 is not found")]
    [InlineData("/v2/models/nobody/ready", 400, "Request for unknown model: 'nobody' is not found")]
    [InlineData("/v2/models/broken/ready", 400, "Request for unknown model: 'broken' version 1 is not at ready state")]
    [InlineData("/v2/models/nobody/stats", 400, "requested model 'nobody' is not available")]
    [InlineData("/v2/models/nobody/config", 404, "Request for unknown model: 'nobody' is not found")]
    [InlineData("/v2/models/breast-cancer/versions/x", 404, "Not Found")]
    [InlineData("/v2/models/breast-cancer/versions/-1", 404, "Not Found")]
    [InlineData("/v2/models/a%2Fb", 404, "Request for unknown model: 'a%2Fb' is not found")]
    [InlineData("/v2/nothing", 404, "Not Found")]
    [InlineData("/v2/models/breast-cancer/", 404, "Not Found")]
    [InlineData("/v2/models/breast-cancer/infer", 405, "Method Not Allowed")]
    public async Task Get_of_what_is_not_there_says_so(string path, int status, string error)
    {
        var answer = await server.Client.GetAnswerAsync(path);
        Assert.Equal((status, error), (answer.Status, answer.Error));
        Assert.Equal("application/json", answer.ContentType);
    }

    [Fact]
    public async Task Config_speaks_Triton()
    {
        var config = (await server.Client.GetAnswerAsync("/v2/models/breast-cancer/config")).Json;
        Assert.Equal(64, config.GetProperty("max_batch_size").GetInt32());
        Assert.Equal("""{"name":"features","data_type":"TYPE_FP32","format":"FORMAT_NONE","dims":[30]}""", config.GetProperty("input")[0].GetRawText());
        Assert.Equal("labels.txt", config.GetProperty("output")[0].GetProperty("label_filename").GetString());
        Assert.Equal("cpu", config.GetProperty("parameters").GetProperty("provider").GetProperty("string_value").GetString());
    }

    [Fact]
    public async Task A_model_called_stats_has_its_own_routes_but_not_the_list()
    {
        Assert.Equal("stats", (await server.Client.GetAnswerAsync("/v2/models/stats/ready")).Json.GetProperty("name").GetString());
        Assert.True((await server.Client.GetAnswerAsync("/v2/models/stats")).Json.GetProperty("model_stats").GetArrayLength() > 1);
    }

    [Fact]
    public async Task Names_arrive_percent_encoded_and_query_strings_are_ignored() =>
        Assert.Equal(200, (await server.Client.GetAnswerAsync("/v2/models/breast%2Dcancer?unknown=1")).Status);

    [Fact]
    public async Task Head_answers_like_get_without_a_body()
    {
        using var response = await server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/v2/health/live"), Requests.Stop);
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Requests.Stop));
    }

    [Fact]
    public async Task Statistics_count_requests_rows_and_failures()
    {
        const string model = "identity-double";
        async Task<System.Text.Json.JsonElement> Stats() => (await server.Client.GetAnswerAsync($"/v2/models/{model}/stats")).Json.GetProperty("model_stats")[0];
        var before = await Stats();
        Assert.Equal(200, (await server.Client.InferAsync(model, """{"inputs":[{"name":"input","shape":[3,1],"datatype":"FP64","data":[1,2,3]}]}""")).Status);
        Assert.Equal(400, (await server.Client.InferAsync(model, """{"inputs":[]}""")).Status);
        var after = await Stats();
        Assert.Equal(before.GetProperty("inference_count").GetInt64() + 3, after.GetProperty("inference_count").GetInt64());
        Assert.Equal(before.GetProperty("execution_count").GetInt64() + 1, after.GetProperty("execution_count").GetInt64());
        static long Count(System.Text.Json.JsonElement s, string kind) => s.GetProperty("inference_stats").GetProperty(kind).GetProperty("count").GetInt64();
        foreach (string kind in new[] { "success", "fail", "queue", "compute_infer" })
            Assert.Equal(Count(before, kind) + 1, Count(after, kind));
        Assert.Contains(after.GetProperty("batch_stats").EnumerateArray(), b => b.GetProperty("batch_size").GetInt32() == 3);
        Assert.True(after.GetProperty("last_inference").GetInt64() > 0);
    }
}
