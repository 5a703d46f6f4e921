using System.Net;
using System.Net.Sockets;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Security;

/// <summary>How many connections there may be, and how slow.</summary>
public sealed class ConnectionTests(TightServer server) : IClassFixture<TightServer>
{
    private static readonly IPAddress[] Addresses = [.. Enumerable.Range(11, 4).Select(i => IPAddress.Parse($"127.0.0.{i}"))];

    [Fact]
    public async Task One_address_may_hold_so_many_and_another_is_served_beside_it()
    {
        var held = new List<RawConnection>();
        try
        {
            for (int i = 0; i < TightServer.ConnectionsPerAddress; i++)
                held.Add(await HoldAsync(server.Page, Addresses[0]));
            await MetricIsAsync("edgeserve_lan_connections", TightServer.ConnectionsPerAddress);
            await RefusedAsync(Addresses[0]);
            await using (var other = await HoldAsync(server.Page, Addresses[1]))
                Assert.NotNull(other);
        }
        finally
        {
            foreach (var connection in held)
                await connection.DisposeAsync();
        }

        // Places come back.
        await MetricIsAsync("edgeserve_lan_connections", 0);
        await using var again = await HoldAsync(server.Page, Addresses[0]);
        await MetricIsAsync("edgeserve_connections_refused_total", 1, "address");
        // At most a line a minute, whichever bound came first.
        await server.Process.WaitForLogAsync("is reached");
    }

    [Fact]
    public async Task The_network_may_hold_so_many_and_the_box_itself_is_served_beside_it()
    {
        await MetricIsAsync("edgeserve_lan_connections", 0);
        var held = new List<RawConnection>();
        try
        {
            for (int i = 0; i < TightServer.Connections; i++)
                held.Add(await HoldAsync(server.Page, Addresses[i / 8]));
            await RefusedAsync(Addresses[3]);
            Assert.Equal(200, (await server.Local.InferAsync("breast-cancer", Requests.BreastCancer)).Status);
            await MetricIsAsync("edgeserve_lan_connections", TightServer.Connections);
            await MetricIsAsync("edgeserve_connections_refused_total", 1, "total");
        }
        finally
        {
            foreach (var connection in held)
                await connection.DisposeAsync();
        }
    }

    [Fact]
    public async Task Headers_that_trickle_are_cut_off_and_others_are_served_meanwhile()
    {
        var (key, _) = await server.AddAsync("beside a slow one");
        using var client = server.Client(key);
        await using var slow = await RawConnection.OpenAsync(server.Lan);
        await slow.SendAsync("GET /v2 HTTP/1.1\r\nHost: 127.0.0.2\r\nX-Slow: ");
        var end = slow.ReadToEndAsync();
        while (!end.IsCompleted)
        {
            Assert.Equal(200, (await client.GetAnswerAsync("/v2/models")).Status);
            await TrickleAsync(slow, "a", end);
        }

        string answer = await end;
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408", StringComparison.Ordinal), answer);
        await EndedAsync("request_headers_timeout");
    }

    [Fact]
    public async Task A_handshake_that_does_not_come_is_not_waited_for()
    {
        await using var silent = await RawConnection.OpenAsync(new UriBuilder(server.Lan) { Scheme = "http" }.Uri);
        Assert.Equal("", await silent.ReadToEndAsync());
        await EndedAsync("tls_handshake_failed");
    }

    [Fact]
    public async Task A_body_that_trickles_is_refused()
    {
        var (key, _) = await server.AddAsync("trickles");
        await using var slow = await RawConnection.OpenAsync(server.Lan);
        await slow.SendAsync($"POST /v2/models/breast-cancer/infer HTTP/1.1\r\nHost: 127.0.0.2\r\nAuthorization: Bearer {key}\r\nContent-Length: 1000000\r\n\r\n" + "{\"inputs\":[");
        var end = slow.ReadToEndAsync();
        while (!end.IsCompleted)
            await TrickleAsync(slow, " ", end);
        string answer = await end;
        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains("\"error\"", answer, StringComparison.Ordinal);
        await EndedAsync("min_request_body_data_rate");
    }

    [Fact]
    public async Task Whoever_does_not_fetch_an_answer_is_let_go()
    {
        var (key, _) = await server.AddAsync("reads nothing");
        await using var slow = await RawConnection.OpenAsync(server.Lan);
        // More answers than the kernel keeps for who does not read them.
        byte[] data = new byte[1 << 19];
        string head = "{\"inputs\":[{\"name\":\"input\",\"shape\":[1," + data.Length + "],\"datatype\":\"UINT8\",\"parameters\":{\"binary_data_size\":" + data.Length + "}}],\"parameters\":{\"binary_data_output\":true}}";
        string request = $"POST /v2/models/identity-uint8/infer HTTP/1.1\r\nHost: 127.0.0.2\r\nAuthorization: Bearer {key}\r\nInference-Header-Content-Length: {head.Length}\r\nContent-Length: {head.Length + data.Length}\r\n\r\n{head}";
        var sending = SendManyAsync();
        await EndedAsync("min_response_data_rate");
        await sending;

        async Task SendManyAsync()
        {
            try
            {
                for (int i = 0; i < 200; i++)
                {
                    await slow.SendAsync(request);
                    await slow.SendAsync(data);
                }
            }
            catch (IOException)
            {
                // Let go, as it should be.
            }
        }
    }

    [Fact]
    public async Task One_key_cannot_hold_all_of_the_memory()
    {
        var (greedy, _) = await server.AddAsync("greedy");
        var (modest, _) = await server.AddAsync("modest");
        using var client = server.Client(modest);
        const int bytes = 600_000;
        string head = "{\"inputs\":[{\"name\":\"input\",\"shape\":[1," + bytes + "],\"datatype\":\"UINT8\",\"parameters\":{\"binary_data_size\":" + bytes + "}}],\"parameters\":{\"binary_data_output\":true}}";
        string begun = $"POST /v2/models/identity-uint8/infer HTTP/1.1\r\nHost: 127.0.0.2\r\nAuthorization: Bearer {greedy}\r\n{Requests.HeaderLength}: {head.Length}\r\nContent-Length: {head.Length + bytes}\r\n\r\n{head}";
        await using var first = await RawConnection.OpenAsync(server.Lan);
        await using var second = await RawConnection.OpenAsync(server.Lan);
        // Room is taken when the header is read, and each of the two wants half of what there is.
        await first.SendAsync(begun + new string('a', 100_000));
        await second.SendAsync(begun + new string('a', 100_000));
        var answer = await await Task.WhenAny(first.ReadAnswerAsync(), second.ReadAnswerAsync());
        Assert.Equal(503, answer.Status);
        Assert.Contains("as one key may", answer.Text, StringComparison.Ordinal);
        var other = await client.InferBinaryAsync("identity-uint8", head, new byte[bytes]);
        Assert.True(other.Status == 200, other.Text[..Math.Min(500, other.Text.Length)]);
    }

    [Fact]
    public async Task A_connection_between_two_requests_is_closed_in_the_end()
    {
        await using var idle = await RawConnection.OpenAsync(server.Lan);
        await idle.SendAsync("GET /v2/health/live HTTP/1.1\r\nHost: 127.0.0.2\r\n\r\n");
        Assert.Equal(200, (await idle.ReadAnswerAsync()).Status);
        Assert.Equal("", await idle.ReadToEndAsync());
    }

    /// <summary>Closed before it said anything, or while it was opened.</summary>
    private async Task RefusedAsync(IPAddress from)
    {
        try
        {
            await using var surplus = await RawConnection.OpenAsync(server.Page, from);
            Assert.Equal("", await surplus.ReadToEndAsync());
        }
        catch (SocketException)
        {
            // Before connect knew of it.
        }
    }

    /// <summary>One that was let in: the page came.</summary>
    private static async Task<RawConnection> HoldAsync(Uri page, IPAddress from)
    {
        var connection = await RawConnection.OpenAsync(page, from);
        await connection.SendAsync($"GET / HTTP/1.1\r\nHost: {page.Authority}\r\n\r\n");
        Assert.Equal(200, (await connection.ReadAnswerAsync()).Status);
        return connection;
    }

    private static async Task TrickleAsync(RawConnection connection, string text, Task end)
    {
        try
        {
            await connection.SendAsync(text);
        }
        catch (IOException)
        {
            // Cut off.
        }

        await Task.WhenAny(end, Task.Delay(100, Requests.Stop));
    }

    private Task EndedAsync(string reason) =>
        server.Process.WaitForAsync(() => Metric("edgeserve_connections_ended_total", reason) >= 1, $"a connection is counted as {reason}");

    /// <summary>An answer to a scrape may be a moment old.</summary>
    private Task MetricIsAsync(string name, double value, string? reason = null) =>
        server.Process.WaitForAsync(() => Metric(name, reason) == value, $"{name} {reason} is {value}");

    private double Metric(string name, string? reason = null)
    {
        string text = server.Local.GetStringAsync("/metrics", Requests.Stop).GetAwaiter().GetResult();
        return text.Split('\n').Where(l => l.StartsWith(name, StringComparison.Ordinal) && (reason is null || l.Contains($"reason=\"{reason}\"", StringComparison.Ordinal)))
            .Sum(l => double.Parse(l.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture));
    }
}
