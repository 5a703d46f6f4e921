using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Rest;

public sealed class InferJsonTests(StandardServer server)
{
    private const string Two = """{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]}""";

    [Fact]
    public async Task Answer_has_the_protocols_shape()
    {
        var answer = await server.Client.InferAsync("identity-float", $$"""{"id":"7","inputs":[{{Two}}]}""");
        Assert.Equal("""{"model_name":"identity-float","model_version":"1","id":"7","outputs":[{"name":"output","datatype":"FP32","shape":[1,2],"data":[1,2]}]}""", answer.Text);
        Assert.Equal("application/json", answer.ContentType);
    }

    [Fact]
    public async Task Id_is_left_out_when_there_was_none() =>
        Assert.DoesNotContain("\"id\"", (await server.Client.InferAsync("identity-float", $$"""{"inputs":[{{Two}}]}""")).Text);

    [Theory]
    [InlineData("""{"inputs":[{"data":[1,2],"datatype":"FP32","shape":[1,2],"name":"input"}]}""")]
    [InlineData("""{"outputs":[{"name":"output"}],"parameters":{},"inputs":[{"data":[[1,2]],"shape":[1,2],"name":"input","datatype":"FP32"}]}""")]
    [InlineData("""{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"note":"x"},"data":[[1],[2.0]]}]}""")]
    [InlineData("""{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1e0,0.2e1]}],"unknown":{"a":[1,{"b":null}]}}""")]
    [InlineData("  {\n\t\"inputs\" : [ { \"name\" : \"input\" , \"shape\" : [ 1 , 2 ] , \"datatype\" : \"FP32\" , \"data\" : [ 1 , 2 ] } ] }  ")]
    public async Task Keys_come_in_any_order_and_data_flat_or_nested(string json) =>
        Assert.Equal("[1,2]", (await server.Client.InferAsync("identity-float", json)).Data);

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/octet-stream")]
    [InlineData("text/plain")]
    public async Task Content_type_decides_nothing(string type) =>
        Assert.Equal("[1,2]", (await server.Client.InferAsync("identity-float", $$"""{"inputs":[{{Two}}]}""", type)).Data);

    [Fact]
    public async Task NaN_and_infinities_travel_bare_both_ways()
    {
        var answer = await server.Client.InferAsync("identity-float", """{"inputs":[{"name":"input","shape":[1,3],"datatype":"FP32","data":[NaN,Infinity,-Infinity]}]}""");
        Assert.EndsWith("\"data\":[NaN,Infinity,-Infinity]}]}", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_zero_size_tensor_is_legal()
    {
        var answer = await server.Client.InferAsync("identity-float", """{"inputs":[{"name":"input","shape":[1,0],"datatype":"FP32","data":[]}]}""");
        Assert.Equal((200, "[]"), (answer.Status, answer.Data));
    }

    [Fact]
    public async Task Version_in_the_path_answers_and_highest_is_the_default()
    {
        string json = $$"""{"inputs":[{{Two}}]}""";
        Assert.Equal("2", (await server.Client.InferAsync("two", json)).Json.GetProperty("model_version").GetString());
        Assert.Equal(404, (await server.Client.InferAsync("two/versions/1", json)).Status);
        Assert.Equal(200, (await server.Client.InferAsync("two/versions/2", json)).Status);
    }

    [Fact]
    public async Task Strings_go_through_as_text()
    {
        var answer = await server.Client.InferAsync("identity-string", """{"inputs":[{"name":"input","shape":[1,3],"datatype":"BYTES","data":["a","\"q\"\n","\u00fc\ud83d\ude00"]}]}""");
        Assert.Equal(["a", "\"q\"\n", "ü😀"], answer.Json.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(e => e.GetString()));
    }

    [Theory]
    [InlineData("bool", "BOOL", "[true,false,1,0]", "[true,false,true,false]")]
    [InlineData("uint8", "UINT8", "[0,255]", "[0,255]")]
    [InlineData("uint16", "UINT16", "[0,65535]", "[0,65535]")]
    [InlineData("uint32", "UINT32", "[0,4294967295]", "[0,4294967295]")]
    [InlineData("uint64", "UINT64", "[0,18446744073709551615]", "[0,18446744073709551615]")]
    [InlineData("int8", "INT8", "[-128,127]", "[-128,127]")]
    [InlineData("int16", "INT16", "[-32768,32767]", "[-32768,32767]")]
    [InlineData("int32", "INT32", "[-2147483648,2147483647]", "[-2147483648,2147483647]")]
    [InlineData("int64", "INT64", "[-9223372036854775808,9223372036854775807]", "[-9223372036854775808,9223372036854775807]")]
    [InlineData("float", "FP32", "[0.1,-3.4028235e38,1e-45]", "[0.1,-3.4028235E+38,1E-45]")]
    [InlineData("double", "FP64", "[0.1,1.7976931348623157e308]", "[0.1,1.7976931348623157E+308]")]
    public async Task Every_datatype_that_json_carries_goes_round(string model, string datatype, string data, string expected)
    {
        int count = data.Split(',').Length;
        var answer = await server.Client.InferAsync("identity-" + model, $$"""{"inputs":[{"name":"input","shape":[1,{{count}}],"datatype":"{{datatype}}","data":{{data}}}]}""");
        Assert.Equal((200, expected), (answer.Status, answer.Data));
    }

    [Theory]
    [InlineData("uint8", "UINT8", "256")]
    [InlineData("uint8", "UINT8", "-1")]
    [InlineData("int8", "INT8", "-129")]
    [InlineData("int32", "INT32", "2147483648")]
    [InlineData("uint64", "UINT64", "18446744073709551616")]
    [InlineData("int64", "INT64", "1.5")]
    [InlineData("bool", "BOOL", "2")]
    [InlineData("float", "FP32", "\"1\"")]
    [InlineData("string", "BYTES", "1")]
    [InlineData("float", "FP32", "null")]
    public async Task An_element_that_does_not_fit_is_refused(string model, string datatype, string element) =>
        Assert.Equal(400, (await server.Client.InferAsync("identity-" + model, $$"""{"inputs":[{"name":"input","shape":[1,1],"datatype":"{{datatype}}","data":[{{element}}]}]}""")).Status);

    [Theory]
    [InlineData("float16", "FP16")]
    [InlineData("bfloat16", "BF16")]
    public async Task Sixteen_bit_floats_are_refused_with_the_way_out(string model, string datatype)
    {
        var request = await server.Client.InferAsync("identity-" + model, $$"""{"inputs":[{"name":"input","shape":[1,1],"datatype":"{{datatype}}","data":[1]}]}""");
        Assert.Equal(400, request.Status);
        Assert.Contains("binary", request.Error, StringComparison.Ordinal);
        var answer = await server.Client.InferBinaryAsync("identity-" + model, $$"""{"inputs":[{"name":"input","shape":[1,1],"datatype":"{{datatype}}","parameters":{"binary_data_size":2} }]}""", [0, 0]);
        Assert.Equal(400, answer.Status);
        Assert.Contains("binary", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Priority_is_taken_and_timeout_is_kept()
    {
        string two = $$"""{"parameters":{"priority":1,"timeout":"2000000"},"inputs":[{{Two}}]}""";
        Assert.Equal(200, (await server.Client.InferAsync("identity-float", two)).Status);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var late = await server.Client.InferAsync("slow", """{"parameters":{"timeout":150000},"inputs":[{"name":"input","shape":[1],"datatype":"INT64","data":[4000000000]}]}""");
        Assert.Equal((504, "Request timeout expired"), (late.Status, late.Error));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Classification_names_the_best_classes()
    {
        string request = Requests.BreastCancer[..^1] + ""","outputs":[{"name":"probabilities","parameters":{"classification":9}}]}""";
        var output = (await server.Client.InferAsync("breast-cancer", request)).Json.GetProperty("outputs")[0];
        Assert.Equal("BYTES", output.GetProperty("datatype").GetString());
        Assert.Equal("[1,2]", output.GetProperty("shape").GetRawText());
        Assert.Matches(@"^\[""\d\.\d{6}:[01]:(malignant|benign)"",""\d\.\d{6}:[01]:(malignant|benign)""\]$", output.GetProperty("data").GetRawText());
    }
}
