using System.Diagnostics;
using System.Text;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.Security;

namespace EdgeServe.AcceptanceTests.Security;

/// <summary>What a browser is told, and what it may not be made to do.</summary>
public sealed class BrowserTests(LanServer server) : IClassFixture<LanServer>
{
    [Fact]
    public async Task Every_route_tells_a_browser_that_it_is_no_page_and_not_to_keep_it()
    {
        var (key, _) = await server.AddAsync("headers", "operate");
        using var client = server.Client(key);
        var paths = AccessTable.Rules.Keys.Where(r => r.StartsWith("GET ", StringComparison.Ordinal) && !r.EndsWith("/events", StringComparison.Ordinal))
            .Select(r => r[4..].Replace("{model}", "breast-cancer", StringComparison.Ordinal).Replace("{version}", "1", StringComparison.Ordinal).Replace("{id}", new string('0', 32), StringComparison.Ordinal).Replace("{region}", "r", StringComparison.Ordinal));
        foreach (string path in paths.Append("/nothing").Append("/v2/models/"))
        {
            foreach (var from in new[] { client, server.Local })
                Check(path, await from.GetAnswerAsync(path));
        }

        // Answers and refusals of what posts.
        Check("infer", await client.InferAsync("breast-cancer", Requests.BreastCancer));
        Check("bad infer", await client.InferAsync("breast-cancer", "{"));
        Check("keys", await server.Local.PostAnswerAsync("/edge/v1/keys", """{"name":"shown once","scope":"infer"}"""));
        using var stranger = server.Client();
        Check("no key", await stranger.GetAnswerAsync("/v2/models"));
        using var plain = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server.Page };
        Check("unencrypted", await plain.GetAnswerAsync("/v2"));
    }

    [Fact]
    public async Task The_one_page_runs_no_script_and_cannot_be_framed()
    {
        using var plain = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server.Page };
        var page = await plain.GetAnswerAsync("/");
        string policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("script-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", page.Headers.GetValues("X-Content-Type-Options").Single());
        // It would hold for every port of the name, this page's too.
        Assert.False(page.Headers.Contains("Strict-Transport-Security"));
    }

    [Theory]
    [InlineData("GET", "cross-site", "no-cors", "image", 403)]
    [InlineData("GET", "cross-site", "navigate", "iframe", 403)]
    [InlineData("GET", "same-site", "no-cors", "script", 403)]
    [InlineData("POST", "cross-site", "navigate", "document", 403)]
    [InlineData("GET", "cross-site", "navigate", "document", 200)]
    [InlineData("GET", "same-origin", "cors", "empty", 200)]
    [InlineData("GET", "none", "navigate", "document", 200)]
    public async Task Another_site_s_page_is_refused_where_the_browser_says_it_is_one(string method, string site, string mode, string destination, int status)
    {
        var (key, _) = await server.AddAsync("site " + Guid.NewGuid().ToString("N")[..8]);
        using var network = server.Client(key);
        foreach (var client in new[] { server.Local, network })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), "/v2/models/breast-cancer");
            request.Headers.Add("Sec-Fetch-Site", site);
            request.Headers.Add("Sec-Fetch-Mode", mode);
            request.Headers.Add("Sec-Fetch-Dest", destination);
            using var response = await client.SendAsync(request, Requests.Stop);
            Assert.Equal(status, (int)response.StatusCode);
        }
    }

    /// <summary>A name of the attacker's that resolves to the box, as rebinding makes it: curl is told so instead of a name server.</summary>
    [Theory]
    [InlineData("rebind.attacker.example")]
    [InlineData("localhost.attacker.example")]
    [InlineData("127.0.0.1.nip.example")]
    [InlineData("attacker-localhost")]
    [InlineData("xn--lcalhost-54a")]
    public async Task A_name_that_was_made_to_point_here_is_refused(string name)
    {
        var (key, _) = await server.AddAsync("rebound " + Guid.NewGuid().ToString("N")[..8]);
        var local = server.Process.Http;
        foreach (var (url, address) in new[] { ($"http://{name}:{local.Port}/v2", "127.0.0.1"), ($"https://{name}:{server.Lan.Port}/v2", "127.0.0.2"), ($"http://{name}:{server.Page.Port}/", "127.0.0.2") })
        {
            string text = await RunAsync("curl", "-sS", "--insecure", "--noproxy", "*", "--resolve", $"{name}:{new Uri(url).Port}:{address}", "-H", "Authorization: Bearer " + key, "-w", "\n%{http_code}", url);
            Assert.EndsWith("\n403", text, StringComparison.Ordinal);
            Assert.Contains("ForeignCaller", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_address_that_stands_for_every_address_is_no_name_of_the_box()
    {
        await using var connection = await RawConnection.OpenAsync(server.Process.Http);
        await connection.SendAsync($"GET /v2 HTTP/1.1\r\nHost: 0.0.0.0:{server.Process.Http.Port}\r\n\r\n");
        Assert.Equal(403, (await connection.ReadAnswerAsync()).Status);
    }

    private static void Check(string what, Requests.Answer answer)
    {
        // A page that sends forms needs to say to itself where it comes from.
        string referrer = answer.ContentType == "text/html; charset=utf-8" && answer.Headers.GetValues("Referrer-Policy").Single() == "same-origin" ? "same-origin" : "no-referrer";
        foreach (var (name, value) in new[] { ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", referrer), ("Cache-Control", "no-store") })
            Assert.True(answer.Headers.TryGetValues(name, out var values) && values.Single() == value, $"{what} ({answer.Status}): {name} is {string.Join(' ', values ?? [])}");
        string policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 })!;
        var output = process.StandardOutput.ReadToEndAsync(Requests.Stop);
        var error = process.StandardError.ReadToEndAsync(Requests.Stop);
        await process.WaitForExitAsync(Requests.Stop);
        return await error + await output;
    }
}
