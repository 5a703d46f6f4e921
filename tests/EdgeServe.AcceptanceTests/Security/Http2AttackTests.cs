using System.Text;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Security;

/// <summary>HTTP/2 by the frame, over TLS as the network speaks it: too many streams, resets, pings, headers without an end.</summary>
public sealed class Http2AttackTests(TightServer server) : IClassFixture<TightServer>
{
    private const int ProtocolError = 1;
    private const int RefusedStream = 7;
    private const int EnhanceYourCalm = 11;
    private const long Slack = 64L << 20;

    private string Authority => server.Lan.Authority;

    [Fact]
    public async Task More_streams_than_there_may_be_are_refused()
    {
        var (key, _) = await server.AddAsync("streams");
        await using var http2 = await RawHttp2.OpenAsync(server.Lan);
        // Posts whose bodies do not come: each stays open.
        for (int i = 0; i <= TightServer.Streams; i++)
        {
            byte[] block = RawHttp2.Block((":method", "POST"), (":scheme", "https"), (":authority", Authority), (":path", "/v2/models/breast-cancer/infer"), ("authorization", "Bearer " + key), ("content-length", "100"));
            await http2.SendAsync(RawHttp2.Frame(RawHttp2.Headers, RawHttp2.EndHeaders, 1 + (2 * i), block));
        }

        var reset = await http2.ReadUntilAsync((type, _) => type == RawHttp2.Reset);
        Assert.Equal((1 + (2 * TightServer.Streams), RefusedStream), (reset!.Value.Stream, reset.Value.Payload[3]));
        await ServesAsync();
    }

    [Fact]
    public async Task Streams_opened_and_reset_at_once_end_the_connection()
    {
        long before = server.Process.ResidentBytes;
        await using var http2 = await RawHttp2.OpenAsync(server.Lan);
        var leave = http2.GoAwayAsync();
        byte[] block = RawHttp2.Request(Authority, "/v2/health/live");
        try
        {
            for (int i = 0; i < 500_000 && !leave.IsCompleted; i += 100)
            {
                var burst = Enumerable.Range(i, 100).SelectMany(n => (byte[])[
                    .. RawHttp2.Frame(RawHttp2.Headers, RawHttp2.EndHeaders | RawHttp2.EndStream, 1 + (2 * n), block), .. RawHttp2.Frame(RawHttp2.Reset, 0, 1 + (2 * n), [0, 0, 0, 8])]);
                await http2.SendAsync([.. burst]);
            }
        }
        catch (IOException)
        {
            // Closed while it was written.
        }

        Assert.True(await leave is null or EnhanceYourCalm, $"{await leave}");
        await ServesAsync();
        Assert.True(server.Process.ResidentBytes < before + Slack, $"{server.Process.ResidentBytes >> 20} MB, {before >> 20} before");
    }

    [Fact]
    public async Task Headers_without_an_end_end_the_connection()
    {
        long before = server.Process.ResidentBytes;
        await using var http2 = await RawHttp2.OpenAsync(server.Lan);
        var leave = http2.GoAwayAsync();
        await http2.SendAsync(RawHttp2.Frame(RawHttp2.Headers, RawHttp2.EndStream, 1, RawHttp2.Request(Authority, "/v2")));
        byte[] more = [.. Enumerable.Range(0, 10).SelectMany(i => RawHttp2.Block(($"x-{i}", new string('a', 100))))];
        try
        {
            for (int i = 0; i < 20_000 && !leave.IsCompleted; i++)
                await http2.SendAsync(RawHttp2.Frame(RawHttp2.Continuation, 0, 1, more));
        }
        catch (IOException)
        {
            // Closed while it was written.
        }

        Assert.NotEqual(0, await leave);
        await ServesAsync();
        Assert.True(server.Process.ResidentBytes < before + Slack, $"{server.Process.ResidentBytes >> 20} MB, {before >> 20} before");
    }

    [Fact]
    public async Task Pings_whose_answers_nobody_reads_cost_no_memory()
    {
        long before = server.Process.ResidentBytes;
        await using var http2 = await RawHttp2.OpenAsync(server.Lan);
        byte[] pings = [.. Enumerable.Range(0, 1000).SelectMany(_ => RawHttp2.Frame(RawHttp2.Ping, 0, 0, new byte[8]))];
        try
        {
            // It may stop reading, or close: either is a bound.
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(3));
            for (int i = 0; i < 3000; i++)
                await http2.SendAsync(pings).WaitAsync(patience.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // That was the bound.
        }

        await ServesAsync();
        Assert.True(server.Process.ResidentBytes < before + Slack, $"{server.Process.ResidentBytes >> 20} MB, {before >> 20} before");
    }

    [Theory]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("connection", "close")]
    [InlineData("te", "gzip")]
    [InlineData("X-Upper", "1")]
    [InlineData("x-line", "a\r\nx-b: c")]
    [InlineData(":authority", "evil.example")]
    [InlineData(":path", "/v2/models")]
    public async Task Headers_that_another_program_would_read_otherwise_are_an_error(string name, string value)
    {
        await using var http2 = await RawHttp2.OpenAsync(server.Lan);
        await http2.SendAsync(RawHttp2.Frame(RawHttp2.Headers, RawHttp2.EndHeaders | RawHttp2.EndStream, 1, RawHttp2.Request(Authority, "/v2/health/live", (name, value))));
        var answer = await http2.ReadUntilAsync((type, _) => type is RawHttp2.Reset or RawHttp2.GoAway or RawHttp2.Headers);
        bool refused = answer is { Type: RawHttp2.Headers } && await http2.ReadUntilAsync((type, _) => type == RawHttp2.Data) is { } body && Encoding.UTF8.GetString(body.Payload).Contains("\"error\"", StringComparison.Ordinal);
        Assert.True(answer is null || refused || (answer.Value.Type == RawHttp2.Reset && answer.Value.Payload[3] == ProtocolError) || (answer.Value.Type == RawHttp2.GoAway && answer.Value.Payload[7] == ProtocolError), $"{answer?.Type}");
        await ServesAsync();
    }

    [Fact]
    public async Task The_authority_counts_and_not_a_host_beside_it()
    {
        await using var http2 = await RawHttp2.OpenAsync(server.Lan);
        await http2.SendAsync(RawHttp2.Frame(RawHttp2.Headers, RawHttp2.EndHeaders | RawHttp2.EndStream, 1, RawHttp2.Request("evil.example", "/v2/health/live", ("host", Authority))));
        var data = await http2.ReadUntilAsync((type, _) => type is RawHttp2.Data or RawHttp2.Reset or RawHttp2.GoAway);
        if (data is { Type: RawHttp2.Data })
            Assert.Contains("ForeignCaller", Encoding.UTF8.GetString(data.Value.Payload), StringComparison.Ordinal);
    }

    private async Task ServesAsync()
    {
        using var client = server.Client();
        Assert.Equal(200, (await client.GetAnswerAsync("/v2/health/live")).Status);
        Assert.Equal(200, (await server.Local.InferAsync("breast-cancer", Requests.BreastCancer)).Status);
    }
}
