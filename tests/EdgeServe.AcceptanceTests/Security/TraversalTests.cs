using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Security;

/// <summary>Names and versions that try to be paths, with the mightiest key: nothing outside of the models is touched or told.</summary>
public sealed class TraversalTests(LanServer server) : IClassFixture<LanServer>
{
    /// <summary>How a path upwards can be written. The device's keys stand for what must not be reached.</summary>
    private static readonly string[] Upwards =
    [
        "..", "../device", "..%2fdevice%2fkeys", "..%2Fdevice", "%2e%2e", "%2e%2e%2fdevice", "%252e%252e%252fdevice", "..%5cdevice", "..\\device", "....//device", "..;/device",
        "%c0%ae%c0%ae%c0%afdevice", "%c0%2e", "..%00", "..%2f..%2f..%2f..%2fetc%2fpasswd", "%2fetc%2fpasswd", "/etc/passwd", "~root", ".", "%2e", "spare%2f..%2fspare", "spare/../spare",
        "spare%00", "spare%0a", "spare%20", "Spare", "C:%5cwindows", "file:%2f%2f%2fetc%2fpasswd", "%e2%80%ae", "-", ".hidden", "$(id)", "%3Cscript%3E",
    ];

    public static TheoryData<string> Names { get; } = [.. Upwards];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_name_is_looked_up_and_never_a_path(string name)
    {
        var (key, _) = await server.AddAsync("traversal " + Guid.NewGuid().ToString("N")[..8], "admin");
        foreach (string path in new[]
        {
            $"GET /v2/models/{name}", $"GET /v2/models/{name}/config", $"GET /v2/models/{name}/stats", $"POST /v2/models/{name}/infer", $"GET /v2/models/breast-cancer/versions/{name}",
            $"POST /v2/models/breast-cancer/versions/{name}/infer", $"POST /v2/repository/models/{name}/load", $"POST /v2/repository/models/{name}/unload",
            $"GET /edge/v1/models/{name}/drift", $"POST /edge/v1/models/{name}/jobs", $"GET /edge/v1/jobs/{name}", $"GET /{name}", $"DELETE /edge/v1/keys/{name}",
        })
        {
            // As written: what a client library would have tidied up first.
            await using var connection = await RawConnection.OpenAsync(server.Lan);
            await connection.SendAsync($"{path} HTTP/1.1\r\nHost: {server.Lan.Authority}\r\nAuthorization: Bearer {key}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}");
            string answer = await connection.ReadToEndAsync();
            int status = int.Parse(answer.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture);
            // A path that is tidied up by the rules of RFC 3986 may name another resource: then it is that one, with its own rule.
            bool tidied = name is "." or "%2e" or ".." or "%2e%2e" || name.StartsWith("../", StringComparison.Ordinal) || name == "spare/../spare";
            Assert.True(status is 400 or 404 or 405 || (tidied && status is 200 or 503), $"{path} is answered {answer}");
            Assert.DoesNotContain("root:", answer, StringComparison.Ordinal);
            Assert.DoesNotContain(server.Data, answer, StringComparison.Ordinal);
        }

        Assert.Equal(200, (await server.Local.InferAsync("breast-cancer", Requests.BreastCancer)).Status);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1.0")]
    [InlineData("1e0")]
    [InlineData("0x1")]
    [InlineData("%201")]
    [InlineData("1%20")]
    [InlineData("%EF%BC%91")]
    [InlineData("9223372036854775808")]
    [InlineData("99999999999999999999999999")]
    public async Task A_version_is_a_number_written_one_way(string version)
    {
        foreach (string path in new[] { "", "/ready", "/config", "/stats" })
        {
            var answer = await server.Local.GetAnswerAsync($"/v2/models/breast-cancer/versions/{version}{path}");
            Assert.True(answer.Status is 400 or 404, $"{answer.Status}: {answer.Text}");
        }
    }
}
