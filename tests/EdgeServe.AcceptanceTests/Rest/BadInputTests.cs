using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Rest;

/// <summary>Whatever arrives: the right refusal, and a server that is none the worse for it.</summary>
public sealed class BadInputTests(StandardServer server) : IAsyncLifetime
{
    private const long Slack = 64L << 20;
    private long _before;

    public static TheoryData<string> BadJson { get; } =
    [
        "", "{", "[]", "null", "nonsense", "{}", """{"inputs":{}}""", """{"inputs":[]}""", """{"inputs":[1]}""",
        """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]}""",
        """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]}]}}""",
        """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2,]}]}""",
        """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2],"data":[1,2]}]}""",
        """{"inputs":[{"name":"input","name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""",
        """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]}],"inputs":[]}""",
        """{"inputs":[{"name":"input","shape":[1,1000000000],"datatype":"FP32","data":[1]}]}""",
        """{"inputs":[{"name":"input","shape":[1000000000,1000000000,1000000000],"datatype":"FP32","data":[1]}]}""",
        """{"inputs":[{"name":"input","shape":[9223372036854775808],"datatype":"FP32","data":[1]}]}""",
        """{"inputs":[{"name":"input","shape":[1,-2],"datatype":"FP32","data":[1]}]}""",
        """{"inputs":[{"name":"input","shape":[1,1.5],"datatype":"FP32","data":[1]}]}""",
        """{"inputs":[{"name":"input","shape":"1","datatype":"FP32","data":[1]}]}""",
        """{"inputs":[{"name":"input","shape":[1,3],"datatype":"FP32","data":[1,2]}]}""",
        """{"inputs":[{"name":"input","shape":[1,1],"datatype":"FP32","data":[1,2]}]}""",
        """{"inputs":[{"name":"input","shape":[1,1],"datatype":"FP31","data":[1]}]}""",
        """{"inputs":[{"name":"input","shape":[1,1],"datatype":"FP32"}]}""",
        """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}]}""",
        """{"inputs":[{"name":"input","shape":[1,0],"datatype":"FP32"}]}""",
        """{"inputs":[{"shape":[1,1],"datatype":"FP32","data":[1]}]}""",
        """{"inputs":[{"name":"input","shape":[1,1],"data":[1]}]}""",
        """{"inputs":[{"name":"input","datatype":"FP32","data":[1]}]}""",
        """{"inputs":[{"name":"input","shape":[1,1],"datatype":"FP32","data":[1e]}]}""",
        """{"inputs":[{"name":"input","shape":[1,1],"datatype":"FP32","data":[01]}]}""",
        """{"inputs":[{"name":"input","shape":[1,1],"datatype":"FP32","data":[nan]}]}""",
        """{"inputs":[{"name":"input","shape":[1,1],"datatype":"FP32","parameters":{"shared_memory_region":"r"},"data":[1]}]}""",
        """{"parameters":{"triton_x":1},"inputs":[{"name":"input","shape":[1,1],"datatype":"FP32","data":[1]}]}""",
        """{"parameters":{"priority":-1},"inputs":[{"name":"input","shape":[1,1],"datatype":"FP32","data":[1]}]}""",
        """{"parameters":[],"inputs":[{"name":"input","shape":[1,1],"datatype":"FP32","data":[1]}]}""",
        """{"id":7,"inputs":[{"name":"input","shape":[1,1],"datatype":"FP32","data":[1]}]}""",
        "{\"inputs\":[{\"name\":\"in\u0001put\",\"shape\":[1,1],\"datatype\":\"FP32\",\"data\":[1]}]}",
    ];

    public ValueTask InitializeAsync()
    {
        _before = server.Process.ResidentBytes;
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        Assert.Equal(200, (await server.Client.InferAsync("breast-cancer", Requests.BreastCancer)).Status);
        await MemoryReturnsAsync();
    }

    [Theory]
    [MemberData(nameof(BadJson))]
    public async Task Bad_json_is_a_bad_request(string json)
    {
        var answer = await server.Client.InferAsync("identity-float", json);
        Assert.Equal(400, answer.Status);
        Assert.NotEmpty(answer.Error);
    }

    [Fact]
    public async Task A_thousand_characters_of_name_are_not_found() =>
        Assert.Equal(404, (await server.Client.GetAnswerAsync("/v2/models/" + new string('a', 1000))).Status);

    [Fact]
    public async Task Two_gigabytes_are_refused_by_their_header_alone()
    {
        string answer = await RawAsync("POST /v2/models/identity-float/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2147483648\r\n\r\n", "x"u8.ToArray());
        Assert.StartsWith("HTTP/1.1 413", answer, StringComparison.Ordinal);
        Assert.Contains("Limits:MaxRequestBytes", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_decompression_bomb_stops_at_the_limit()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        await using var small = await EdgeServeProcess.StartAsync(models.Path, new Dictionary<string, string?> { ["EDGESERVE__Limits__MaxRequestBytes"] = "1048576" });
        using var bomb = new MemoryStream();
        await using (var encoder = new GZipStream(bomb, CompressionLevel.SmallestSize, true))
        {
            for (int i = 0; i < 256; i++)
                await encoder.WriteAsync(new byte[1 << 20], Requests.Stop);
        }

        long before = small.ResidentBytes;
        var answer = await small.Client.SendAnswerAsync("/v2/models/breast-cancer/infer", bomb.ToArray(), null, r =>
        {
            r.Content!.Headers.ContentEncoding.Add("gzip");
            r.Headers.Add(Requests.HeaderLength, "0");
        });
        Assert.Equal(413, answer.Status);
        Assert.InRange(small.ResidentBytes, 0, before + Slack);
    }

    [Fact]
    public async Task A_damaged_compressed_body_is_a_bad_request() =>
        Assert.Equal(400, (await server.Client.SendAnswerAsync("/v2/models/identity-float/infer", [1, 2, 3, 4], null, r => r.Content!.Headers.ContentEncoding.Add("gzip"))).Status);

    [Fact]
    public async Task Twenty_thousand_chunks_of_one_byte_are_one_request()
    {
        string json = Requests.BreastCancer + new string(' ', 20_000);
        var body = new StringBuilder();
        foreach (char c in json)
            body.Append(CultureInfo.InvariantCulture, $"1\r\n{c}\r\n");
        string answer = await RawAsync("POST /v2/models/breast-cancer/infer HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n", Encoding.ASCII.GetBytes(body + "0\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slow_bodies_keep_nobody_waiting()
    {
        var slow = new List<TcpClient>();
        try
        {
            for (int i = 0; i < 200; i++)
            {
                var client = new TcpClient();
                await client.ConnectAsync(server.Process.Http.Host, server.Process.Http.Port, Requests.Stop);
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("POST /v2/models/identity-float/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n{"), Requests.Stop);
                slow.Add(client);
            }

            Assert.Equal(200, (await server.Client.InferAsync("breast-cancer", Requests.BreastCancer)).Status);
        }
        finally
        {
            slow.ForEach(c => c.Dispose());
        }
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(10_000, Skip = "needs a limit of 20,000 open files in this process", SkipUnless = nameof(ManyFiles))]
    public async Task Parallel_connections_are_all_answered(int count)
    {
        var clients = new List<TcpClient>();
        try
        {
            for (int i = 0; i < count; i++)
            {
                var client = new TcpClient();
                await client.ConnectAsync(server.Process.Http.Host, server.Process.Http.Port, Requests.Stop);
                clients.Add(client);
            }

            byte[] request = Encoding.ASCII.GetBytes("GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
            foreach (var client in clients)
                await client.GetStream().WriteAsync(request, Requests.Stop);
            byte[] buffer = new byte[15];
            foreach (var client in clients)
            {
                await client.GetStream().ReadExactlyAsync(buffer, Requests.Stop);
                Assert.Equal("HTTP/1.1 200 OK", Encoding.ASCII.GetString(buffer));
            }
        }
        finally
        {
            clients.ForEach(c => c.Dispose());
        }
    }

    /// <summary>The server gives memory back within a minute of not needing it.</summary>
    private async Task MemoryReturnsAsync()
    {
        var watch = Stopwatch.StartNew();
        while (server.Process.ResidentBytes > _before + Slack)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1), $"{server.Process.ResidentBytes >> 20} MiB resident, {_before >> 20} before");
            await Task.Delay(TimeSpan.FromSeconds(1), Requests.Stop);
        }
    }

    public static bool ManyFiles => File.ReadLines("/proc/self/limits").First(l => l.StartsWith("Max open files", StringComparison.Ordinal))
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)[3] is var soft && (soft == "unlimited" || long.Parse(soft, CultureInfo.InvariantCulture) >= 11_000);

    private async Task<string> RawAsync(string head, byte[] body)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Process.Http.Host, server.Process.Http.Port, Requests.Stop);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), Requests.Stop);
        await stream.WriteAsync(body, Requests.Stop);
        using var answer = new MemoryStream();
        byte[] buffer = new byte[4096];
        int read;
        while ((read = await stream.ReadAsync(buffer, Requests.Stop)) > 0)
        {
            answer.Write(buffer, 0, read);
            if (head.Contains("2147483648", StringComparison.Ordinal))
                break;
        }

        return Encoding.UTF8.GetString(answer.ToArray());
    }
}
