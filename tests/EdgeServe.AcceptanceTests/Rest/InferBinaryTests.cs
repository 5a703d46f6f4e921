using System.IO.Compression;
using System.Text;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Rest;

public sealed class InferBinaryTests(StandardServer server)
{
    private const string Header = """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}],"parameters":{"binary_data_output":true}}""";
    private static readonly byte[] Tensors = Requests.Floats(1.5f, -2);

    [Fact]
    public async Task Binary_in_binary_out()
    {
        // The second and third time the server recognises the header.
        for (int i = 0; i < 3; i++)
        {
            var answer = await server.Client.InferBinaryAsync("identity-float", Header, Tensors);
            Assert.Equal((200, "application/octet-stream"), (answer.Status, answer.ContentType));
            var (header, tensors) = answer.Split();
            Assert.Equal("""{"name":"output","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}}""", header.GetProperty("outputs")[0].GetRawText());
            Assert.Equal(Tensors, tensors);
        }
    }

    [Theory]
    [InlineData(65_536)]
    [InlineData(262_143)]
    [InlineData(262_144)]
    [InlineData(300_001)]
    [InlineData(1_000_000)]
    public async Task Large_tensors_arrive_whole(int elements)
    {
        byte[] raw = new byte[elements * sizeof(float)];
        new Random(elements).NextBytes(raw);
        string header = $$"""{"inputs":[{"name":"input","shape":[1,{{elements}}],"datatype":"FP32","parameters":{"binary_data_size":{{raw.Length}}} }],"parameters":{"binary_data_output":true} }""";
        for (int i = 0; i < 2; i++)
            Assert.Equal(raw, (await server.Client.InferBinaryAsync("identity-float", header, raw)).Split().Tensors);
        string data = string.Join(',', Enumerable.Repeat("0.5", elements));
        var json = await server.Client.InferAsync("identity-float", $$"""{"inputs":[{"name":"input","shape":[1,{{elements}}],"datatype":"FP32","data":[{{data}}]}]}""");
        Assert.EndsWith(data + "]}]}", json.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recognised_header_with_other_values_answers_those()
    {
        await server.Client.InferBinaryAsync("identity-float", Header, Tensors);
        byte[] other = Requests.Floats(7, 8);
        Assert.Equal(other, (await server.Client.InferBinaryAsync("identity-float", Header, other)).Split().Tensors);
        Assert.Equal(400, (await server.Client.InferBinaryAsync("identity-float", Header, other[..7])).Status);
        Assert.Equal(400, (await server.Client.InferBinaryAsync("identity-float", Header, [.. other, 0])).Status);
    }

    [Fact]
    public async Task Json_and_binary_inputs_and_outputs_mix()
    {
        string ones = string.Join(',', Enumerable.Repeat("1", 16));
        string header = $$"""{"inputs":[{"name":"A","shape":[1,16],"datatype":"FP32","data":[{{ones}}]},{"name":"B","shape":[1,16],"datatype":"FP32","parameters":{"binary_data_size":64} }]}""";
        var json = await server.Client.InferBinaryAsync("add", header, Requests.Floats([.. Enumerable.Repeat(2f, 16)]));
        Assert.Equal("[" + string.Join(',', Enumerable.Repeat("3", 16)) + "]", json.Data);
        Assert.Equal("application/json", json.ContentType);
        var binary = await server.Client.InferBinaryAsync("add", header[..^1] + ""","outputs":[{"name":"C","parameters":{"binary_data":true}}]}""", Requests.Floats([.. Enumerable.Repeat(2f, 16)]));
        Assert.Equal(Requests.Floats([.. Enumerable.Repeat(3f, 16)]), binary.Split().Tensors);
    }

    [Fact]
    public async Task Output_parameter_wins_over_the_requests_default()
    {
        var answer = await server.Client.InferBinaryAsync("identity-float", Header[..^1] + ""","outputs":[{"name":"output","parameters":{"binary_data":false}}]}""", Tensors);
        Assert.Equal("[1.5,-2]", answer.Data);
    }

    [Theory]
    [InlineData("bool", "BOOL", 1)]
    [InlineData("uint8", "UINT8", 1)]
    [InlineData("uint16", "UINT16", 2)]
    [InlineData("uint32", "UINT32", 4)]
    [InlineData("uint64", "UINT64", 8)]
    [InlineData("int8", "INT8", 1)]
    [InlineData("int16", "INT16", 2)]
    [InlineData("int32", "INT32", 4)]
    [InlineData("int64", "INT64", 8)]
    [InlineData("float16", "FP16", 2)]
    [InlineData("bfloat16", "BF16", 2)]
    [InlineData("float", "FP32", 4)]
    [InlineData("double", "FP64", 8)]
    public async Task Every_datatype_goes_round_bit_by_bit(string model, string datatype, int size)
    {
        byte[] raw = [.. Enumerable.Range(0, 3 * size).Select(i => (byte)(datatype == "BOOL" ? i & 1 : (i * 37) + 1))];
        var answer = await server.Client.InferBinaryAsync("identity-" + model,
            $$"""{"inputs":[{"name":"input","shape":[1,3],"datatype":"{{datatype}}","parameters":{"binary_data_size":{{raw.Length}}} }],"outputs":[{"name":"output","parameters":{"binary_data":true} }]}""", raw);
        Assert.Equal(200, answer.Status);
        Assert.Equal(raw, answer.Split().Tensors);
    }

    [Theory]
    [InlineData(",\"parameters\":{\"binary_data_size\":13}")]
    [InlineData("")]
    public async Task Bytes_carry_their_lengths_and_a_lone_input_may_leave_its_size_out(string size)
    {
        byte[] raw = [2, 0, 0, 0, (byte)'h', (byte)'i', 0, 0, 0, 0, 1, 0, 0];
        raw = [.. raw[..10], 0, 0, 0];
        byte[] good = [2, 0, 0, 0, (byte)'h', (byte)'i', 3, 0, 0, 0, 1, 2, 255];
        string header = $$"""{"inputs":[{"name":"input","shape":[1,2],"datatype":"BYTES"{{size}} }],"parameters":{"binary_data_output":true} }""";
        Assert.Equal(good, (await server.Client.InferBinaryAsync("identity-string", header, good)).Split().Tensors);
        Assert.Equal(400, (await server.Client.InferBinaryAsync("identity-string", header, raw)).Status);
    }

    [Fact]
    public async Task Raw_body_is_the_only_input()
    {
        byte[] features = Requests.Floats([.. Enumerable.Range(0, 30).Select(i => (float)i)]);
        var answer = await server.Client.InferBinaryAsync("breast-cancer", "", features, "0");
        var (header, tensors) = answer.Split();
        Assert.Equal("[1,2]", header.GetProperty("outputs")[0].GetProperty("shape").GetRawText());
        Assert.Equal(8, tensors.Length);
    }

    [Fact]
    public async Task Raw_body_for_two_inputs_is_refused_in_the_protocols_words()
    {
        var answer = await server.Client.InferBinaryAsync("add", "", new byte[64], "0");
        Assert.Equal((400, "Raw request must only have 1 input (found 1) to be deduced but got 2 inputs in 'add' model configuration"), (answer.Status, answer.Error));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("99999")]
    [InlineData("99999999999999999999999")]
    [InlineData("10")]
    public async Task A_wrong_header_length_is_refused(string length) =>
        Assert.Equal(400, (await server.Client.InferBinaryAsync("identity-float", Header, Tensors, length)).Status);

    [Theory]
    [InlineData("gzip", false)]
    [InlineData("deflate", false)]
    [InlineData("gzip", true)]
    public async Task A_compressed_body_counts_unpacked(string encoding, bool binary)
    {
        byte[] head = Encoding.UTF8.GetBytes(binary ? Header : Requests.BreastCancer);
        byte[] plain = binary ? [.. head, .. Tensors] : head;
        using var packed = new MemoryStream();
        using (Stream encoder = encoding == "gzip" ? new GZipStream(packed, CompressionLevel.Fastest, true) : new ZLibStream(packed, CompressionLevel.Fastest, true))
            encoder.Write(plain);
        var answer = await server.Client.SendAnswerAsync($"/v2/models/{(binary ? "identity-float" : "breast-cancer")}/infer", packed.ToArray(), null, r =>
        {
            r.Content!.Headers.ContentEncoding.Add(encoding);
            if (binary)
                r.Headers.Add(Requests.HeaderLength, head.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        });
        Assert.Equal(200, answer.Status);
    }

    [Fact]
    public async Task The_answer_is_compressed_only_when_asked_for()
    {
        string big = $$"""{"inputs":[{"name":"input","shape":[1,2000],"datatype":"FP32","data":[{{string.Join(',', Enumerable.Repeat("1", 2000))}}]}]}""";
        var plain = await server.Client.InferAsync("identity-float", big);
        var packed = await server.Client.SendAnswerAsync("/v2/models/identity-float/infer", Encoding.UTF8.GetBytes(big), "application/json", r => r.Headers.AcceptEncoding.ParseAdd("gzip"));
        using var unpacked = new MemoryStream();
        await using (var decoder = new GZipStream(new MemoryStream(packed.Body), CompressionMode.Decompress))
            await decoder.CopyToAsync(unpacked, Requests.Stop);
        Assert.Equal(plain.Body, unpacked.ToArray());
        Assert.True(packed.Body.Length < plain.Body.Length);
    }
}
