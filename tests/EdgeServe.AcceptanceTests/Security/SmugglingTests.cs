using System.Text.RegularExpressions;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Security;

/// <summary>
/// Requests whose length or target two programs might read differently. Each is refused and its connection closed, so that
/// nothing behind it is ever taken for a request of its own.
/// </summary>
public sealed partial class SmugglingTests(LanServer server) : IClassFixture<LanServer>
{
    private const string Post = "POST /v2/models/breast-cancer/infer HTTP/1.1\r\nHost: {host}\r\n";
    private const string Chunked = Post + "Transfer-Encoding: chunked\r\n\r\n";
    private const string Hidden = "GET /v2/health/live?hidden HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n";

    /// <summary>What is sent in front of the hidden request.</summary>
    private static readonly Dictionary<string, string> Attacks = new()
    {
        ["length and chunked"] = Post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ["chunked and length"] = Post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        ["two lengths"] = Post + "Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
        ["two equal lengths"] = Post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        ["a list of lengths"] = Post + "Content-Length: 2, 2\r\n\r\n{}",
        ["a negative length"] = Post + "Content-Length: -2\r\n\r\n",
        ["a length in hexadecimal"] = Post + "Content-Length: 0x2\r\n\r\n{}",
        ["a length beyond all numbers"] = Post + "Content-Length: 99999999999999999999\r\n\r\n",
        ["another transfer coding"] = Post + "Transfer-Encoding: gzip\r\n\r\n",
        ["chunked not last"] = Post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        ["a coding that looks like chunked"] = Post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        ["chunked in HTTP/1.0"] = "POST /v2/models/breast-cancer/infer HTTP/1.0\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ["a folded header"] = Post + "X-A: 1\r\n Content-Length: 5\r\n\r\n",
        ["a header folded by a tab"] = Post + "X-A: 1\r\n\tContent-Length: 5\r\n\r\n",
        ["space before the colon"] = Post + "Content-Length : 5\r\n\r\n",
        ["space before the name"] = Post + " Content-Length: 5\r\n\r\n",
        ["a header without a colon"] = Post + "Content-Length\r\n\r\n",
        ["a header without a name"] = Post + ": 5\r\n\r\n",
        ["a NUL in a value"] = Post + "X-A: a\0b\r\n\r\n",
        ["a bare CR in a value"] = Post + "X-A: a\rContent-Length: 5\r\n\r\n",
        ["a bare LF between headers"] = Post + "X-A: a\nContent-Length: 0\r\n\r\n",
        ["bare LF throughout"] = (Post + "Content-Length: 0\r\n\r\n").Replace("\r\n", "\n", StringComparison.Ordinal),
        ["a chunk of no number"] = Chunked + "zz\r\n{}\r\n0\r\n\r\n",
        ["a chunk of negative size"] = Chunked + "-1\r\n{}\r\n0\r\n\r\n",
        ["a chunk in 0x"] = Chunked + "0x2\r\n{}\r\n0\r\n\r\n",
        ["a chunk beyond all numbers"] = Chunked + "fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        ["a chunk longer than it says"] = Chunked + "1\r\n{}\r\n0\r\n\r\n",
        ["a chunk ended by LF"] = Chunked + "2\n{}\r\n0\r\n\r\n",
        ["a chunk extension with a bare LF"] = Chunked + "2;a=\nb\r\n{}\r\n0\r\n\r\n",
        ["a chunk whose data LF ends"] = Chunked + "2\r\n{}\n0\r\n\r\n",
        ["no Host"] = "GET /v2 HTTP/1.1\r\n\r\n",
        ["two Hosts"] = "GET /v2 HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n",
        ["a Host with a path"] = "GET /v2 HTTP/1.1\r\nHost: {host}/x\r\n\r\n",
        ["a Host with a user"] = "GET /v2 HTTP/1.1\r\nHost: {host}@evil.example\r\n\r\n",
        ["another absolute target than Host"] = "GET http://evil.example/v2 HTTP/1.1\r\nHost: {host}\r\n\r\n",
        ["an authority as target"] = "GET {host} HTTP/1.1\r\nHost: {host}\r\n\r\n",
        ["a tunnel"] = "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n",
        ["a target without a slash"] = "GET v2 HTTP/1.1\r\nHost: {host}\r\n\r\n",
        ["a target with a space"] = "GET /v2 /x HTTP/1.1\r\nHost: {host}\r\n\r\n",
        ["a target with a NUL"] = "GET /v2\0 HTTP/1.1\r\nHost: {host}\r\n\r\n",
        ["a target with %00"] = "GET /v2%00 HTTP/1.1\r\nHost: {host}\r\n\r\n",
        ["no version"] = "GET /v2\r\nHost: {host}\r\n\r\n",
        ["a version that is none"] = "GET /v2 HTTP/1.9\r\nHost: {host}\r\n\r\n",
        ["HTTP/2 in the words of HTTP/1"] = "GET /v2 HTTP/2.0\r\nHost: {host}\r\n\r\n",
        ["a method that is none"] = "G(T /v2 HTTP/1.1\r\nHost: {host}\r\n\r\n",
        ["nonsense"] = "\u0016\u0003\u0001\0nonsense\r\n\r\n",
    };

    public static TheoryData<string> Names { get; } = [.. Attacks.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Nothing_hides_behind(string name)
    {
        foreach (var address in new[] { server.Process.Http, server.Lan })
        {
            await using var connection = await RawConnection.OpenAsync(address);
            await connection.SendAsync((Attacks[name] + Hidden).Replace("{host}", address.Authority, StringComparison.Ordinal));
            string answer = await connection.ReadToEndAsync();
            var statuses = StatusLine().Matches(answer).Select(m => m.Groups[1].Value).ToArray();
            Assert.True(statuses is [['4' or '5', ..]], $"answered {string.Join(' ', statuses)}:\n{answer}");
        }
    }

    [Fact]
    public async Task What_is_well_formed_passes_however_unusual()
    {
        foreach (string request in new[]
        {
            "GET http://{host}/v2/health/live HTTP/1.1\r\nHost: {host}\r\n\r\n",
            "\r\nGET /v2/health/live HTTP/1.1\r\nHost: {host}\r\n\r\n",
            "GET /v2/health/live HTTP/1.1\r\nhOsT:{host}\r\nX-Empty:\r\n\r\n",
            "GET /v2/health/%6cive HTTP/1.1\r\nHost: {host}\r\n\r\n",
            Chunked + $"{Requests.BreastCancer.Length:x};a=b\r\n{Requests.BreastCancer}\r\n0\r\nX-Trailer: 1\r\n\r\n",
        })
        {
            await using var connection = await RawConnection.OpenAsync(server.Process.Http);
            for (int i = 0; i < 2; i++)
            {
                await connection.SendAsync(request.Replace("{host}", server.Process.Http.Authority, StringComparison.Ordinal));
                Assert.Equal(200, (await connection.ReadAnswerAsync()).Status);
            }
        }
    }

    [GeneratedRegex(@"HTTP/1\.[01] (\d{3}) ")]
    private static partial Regex StatusLine();
}
