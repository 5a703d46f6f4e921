using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Rest;

/// <summary>Texts that clients and scripts match on, word for word.</summary>
public sealed class ErrorTextTests(StandardServer server)
{
    private const string A = """{"name":"A","shape":[1,16],"datatype":"FP32","data":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}""";
    private const string B = """{"name":"B","shape":[1,16],"datatype":"FP32","data":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}""";
    private static readonly string Nine = $$"""{"name":"A","shape":[9,16],"datatype":"FP32","data":[{{string.Join(',', Enumerable.Repeat("1", 144))}}]}""";

    public static TheoryData<string, string, int, string> Rows => new()
    {
        { "nobody", $$"""{"inputs":[{{A}}]}""", 404, "Request for unknown model: 'nobody' is not found" },
        { "add/versions/7", $$"""{"inputs":[{{A}}]}""", 404, "Request for unknown model: 'add' version 7 is not found" },
        { "add", $$"""{"inputs":[{{A}}]}""", 400, "expected 2 inputs but got 1 inputs for model 'add'. Got input(s) ['A'], but missing required input(s) ['B']. Please provide all required input(s)." },
        { "add", $$"""{"inputs":[{{A}},{{B.Replace("\"B\"", "\"I\"", StringComparison.Ordinal)}}]}""", 400, "unexpected inference input 'I' for model 'add'" },
        { "add", $$"""{"inputs":[{{A}},{{B.Replace("FP32", "INT32", StringComparison.Ordinal)}}]}""", 400, "inference input 'B' data-type is 'INT32', but model 'add' expects 'FP32'" },
        { "add", $$"""{"inputs":[{{A}},{"name":"B","shape":[1,8],"datatype":"FP32","data":[1,2,3,4,5,6,7,8]}]}""", 400, "unexpected shape for input 'B' for model 'add'. Expected [-1,16], got [1,8]" },
        { "add", $$"""{"inputs":[{{Nine}},{{Nine.Replace("\"A\"", "\"B\"", StringComparison.Ordinal)}}]}""", 400, "inference request batch-size must be <= 8 for 'add'" },
        { "add", $$"""{"inputs":[{{A}},{{B}}],"outputs":[{"name":"C"},{"name":"C"}]}""", 400, "output 'C' already exists in request" },
        { "add", $$"""{"inputs":[{{A}},{{B}}],"outputs":[{"name":"O"}]}""", 400, "unexpected inference output 'O' for model 'add'" },
        { "add", $$"""{"inputs":[{{A}},{"name":"B","shape":[1,16],"datatype":"FP32","data":{{new string('[', 101)}}1{{new string(']', 101)}}}]}""", 400, "JSON nesting depth exceeds maximum allowed limit (100)" },
        { "broken", $$"""{"inputs":[{{A}}]}""", 503, "Request for unknown model: 'broken' version 1 is not at ready state" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Refusal_has_the_protocols_words(string model, string json, int status, string error)
    {
        var answer = await server.Client.InferAsync(model, json);
        Assert.Equal((status, error), (answer.Status, answer.Error));
        Assert.Equal("application/json", answer.ContentType);
        Assert.Equal(status == 503, answer.Headers.Contains("Retry-After"));
    }

    [Fact]
    public async Task Bytes_left_over_are_refused()
    {
        var answer = await server.Client.InferBinaryAsync("identity-float",
            """{"inputs":[{"name":"input","shape":[1,1],"datatype":"FP32","parameters":{"binary_data_size":4}}]}""", new byte[8]);
        Assert.Equal((400, "unexpected additional input data for model 'identity-float'"), (answer.Status, answer.Error));
    }

    [Fact]
    public async Task A_full_queue_says_so_and_when_to_come_back()
    {
        const string request = """{"parameters":{"timeout":3000000},"inputs":[{"name":"input","shape":[1],"datatype":"INT64","data":[4000000000]}]}""";
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => server.Client.InferAsync("short-queue", request)));
        var refused = answers.Where(a => a.Status == 503).ToArray();
        Assert.Equal(3, refused.Length);
        Assert.All(refused, a => Assert.Equal("Exceeds maximum queue size", a.Error));
        Assert.All(refused, a => Assert.True(a.Headers.Contains("Retry-After")));
        Assert.All(answers.Except(refused), a => Assert.Equal((504, "Request timeout expired"), (a.Status, a.Error)));
    }

    [Theory]
    [InlineData("/v2/systemsharedmemory/region/r/register", 400)]
    [InlineData("/v2/cudasharedmemory/region/r/register", 400)]
    [InlineData("/v2/systemsharedmemory/unregister", 200)]
    [InlineData("/v2/cudasharedmemory/region/r/unregister", 200)]
    [InlineData("/v2/trace/setting", 200)]
    [InlineData("/v2/logging", 200)]
    public async Task Settings_and_shared_memory_answer_what_clients_can_live_with(string path, int status) =>
        Assert.Equal(status, (await server.Client.PostAnswerAsync(path, "{}")).Status);

    [Fact]
    public async Task Errors_carry_a_code_a_hint_and_the_request_id()
    {
        var json = (await server.Client.InferAsync("nobody", "{}")).Json;
        Assert.Equal("UnknownModel", json.GetProperty("code").GetString());
        Assert.NotEmpty(json.GetProperty("hint").GetString()!);
        Assert.NotEmpty(json.GetProperty("request_id").GetString()!);
    }
}
