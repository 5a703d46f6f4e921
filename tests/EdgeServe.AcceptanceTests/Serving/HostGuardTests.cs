using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Serving;

public sealed class HostGuardTests(StandardServer server)
{
    [Theory]
    [InlineData("localhost", null, 200)]
    [InlineData("127.0.0.1:8000", null, 200)]
    [InlineData("[::1]", null, 200)]
    [InlineData("evil.example", null, 403)]
    [InlineData("localhost.evil.example", null, 403)]
    [InlineData("192.0.2.1", null, 403)]
    [InlineData("localhost", "http://evil.example", 403)]
    [InlineData("localhost", "null", 403)]
    [InlineData("localhost", "http://localhost", 200)]
    public async Task A_foreign_host_or_origin_is_refused_on_loopback_too(string host, string? origin, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/breast-cancer/infer") { Content = new StringContent(Requests.BreastCancer) };
        request.Headers.Host = host;
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        using var response = await server.Client.SendAsync(request, Requests.Stop);
        Assert.Equal(status, (int)response.StatusCode);
        if (status == 403)
            Assert.Contains("error", await response.Content.ReadAsStringAsync(Requests.Stop), StringComparison.Ordinal);
    }
}
