using System.Net;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Security;

/// <summary>More than there may be, of everything.</summary>
public sealed class OversizeTests(TightServer server) : IClassFixture<TightServer>
{
    private const string Get = "GET /v2/health/live HTTP/1.1\r\nHost: 127.0.0.2\r\n";
    private const string Post = "POST /v2/models/breast-cancer/infer HTTP/1.1\r\nHost: 127.0.0.2\r\nAuthorization: Bearer {key}\r\n";

    [Fact]
    public async Task A_long_target_is_414() => await ExpectAsync("GET /" + new string('a', 20_000) + " HTTP/1.1\r\n", "414");

    [Fact]
    public async Task A_long_header_is_431() => await ExpectAsync(Get + "X-A: " + new string('a', 2 * TightServer.HeaderBytes) + "\r\n\r\n", "431");

    [Fact]
    public async Task Many_headers_are_431() => await ExpectAsync(Get + string.Concat(Enumerable.Range(0, TightServer.Headers + 5).Select(i => $"X-{i}: 1\r\n")) + "\r\n", "431");

    [Fact]
    public async Task A_long_key_is_refused_like_any_other() => await ExpectAsync("GET /v2/models HTTP/1.1\r\nHost: 127.0.0.2\r\nConnection: close\r\nAuthorization: Bearer esk_" + new string('a', 3000) + "\r\n\r\n", "401");

    [Fact]
    public async Task A_body_that_says_it_is_too_long_is_413_before_it_is_sent() => await ExpectAsync(Post + $"Content-Length: {TightServer.BodyBytes + 1}\r\n\r\n", "413");

    [Fact]
    public async Task A_body_that_goes_on_and_on_is_413()
    {
        string chunk = "10000\r\n" + new string(' ', 0x10000) + "\r\n";
        await ExpectAsync(Post + "Transfer-Encoding: chunked\r\n\r\n" + string.Concat(Enumerable.Repeat(chunk, (TightServer.BodyBytes >> 16) + 8)), "413");
    }

    [Fact]
    public async Task Trailers_count_as_headers() =>
        await ExpectAsync(Post + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + string.Concat(Enumerable.Range(0, TightServer.Headers + 5).Select(i => $"X-{i}: {new string('a', 400)}\r\n")) + "\r\n", "4");

    [Fact]
    public async Task A_large_message_of_grpc_is_refused()
    {
        var (key, _) = await server.AddAsync("large message");
        using var client = server.Client(key);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/inference.GRPCInferenceService/ModelInfer")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0, 0x7F, 0xFF, 0xFF, 0xFF, 1, 2, 3]),
        };
        request.Content.Headers.ContentType = new("application/grpc");
        using var answer = await client.SendAsync(request, Requests.Stop);
        _ = await answer.Content.ReadAsByteArrayAsync(Requests.Stop);
        string status = (answer.Headers.TryGetValues("grpc-status", out var values) || answer.TrailingHeaders.TryGetValues("grpc-status", out values) ? values : []).Single();
        Assert.True(status is "3" or "8" or "11", status);
    }

    /// <summary>One answer of that status, over TLS, the end of the connection, and a server that is none the worse for it.</summary>
    private async Task ExpectAsync(string request, string status)
    {
        var (key, _) = await server.AddAsync("oversize " + Guid.NewGuid().ToString("N")[..8]);
        await using (var connection = await RawConnection.OpenAsync(server.Lan))
        {
            try
            {
                await connection.SendAsync(request.Replace("{key}", key, StringComparison.Ordinal));
            }
            catch (IOException)
            {
                // Refused before all of it was sent.
            }

            string answer = await connection.ReadToEndAsync();
            Assert.StartsWith("HTTP/1.1 " + status, answer, StringComparison.Ordinal);
        }

        using var client = server.Client(key);
        Assert.Equal(200, (await client.InferAsync("breast-cancer", Requests.BreastCancer)).Status);
    }
}
