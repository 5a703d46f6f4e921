using System.Net;
using System.Net.Http.Headers;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.Security.Keys;

namespace EdgeServe.AcceptanceTests.Security;

public sealed class LimitTests
{
    [Fact]
    public async Task Wrong_keys_are_slowed_down_and_the_right_one_beside_them_is_not()
    {
        using var models = ModelFolder.Standard();
        await using var server = await EdgeServeProcess.StartAsync(models.Path, new Dictionary<string, string?>
        {
            ["EDGESERVE__Security__RequireKeyOnLoopback"] = "true",
            ["EDGESERVE__Security__AddressRequestsPerSecond"] = "5",
            ["EDGESERVE__Security__KeyRequestsPerSecond"] = "0",
        });
        // The control socket never asks for a key, loopback does now.
        string data = (await File.ReadAllTextAsync($"/proc/{server.ProcessId}/cmdline", TestContext.Current.CancellationToken)).Split('\0').SkipWhile(a => a != "--data").ElementAt(1);
        string key = (await EdgeServeProcess.RunAsync("tablet", "add", "--name", "right", "--data", data)).Output.Trim();
        string slow = (await EdgeServeProcess.RunAsync("tablet", "add", "--name", "slow", "--requests-per-second", "3", "--data", data)).Output.Trim();
        var seen = new List<int>();
        for (int i = 0; i < 100; i++)
        {
            var wrong = await GetAsync(server.Client, KeyText.Make(out _));
            seen.Add(wrong.Status);
            if (wrong.Status == 429)
                Assert.True(int.Parse(wrong.Headers.GetValues("Retry-After").Single(), System.Globalization.CultureInfo.InvariantCulture) >= 1);
            Assert.Equal(200, (await GetAsync(server.Client, key)).Status);
        }

        // The burst, and what comes back while the hundred last: not the number, only that it is few.
        Assert.InRange(seen.Count(s => s == 401), 5, 60);
        Assert.Equal(100, seen.Count(s => s is 401 or 429));
        // A key's own rate, and what gRPC calls it.
        var own = new List<int>();
        for (int i = 0; i < 20; i++)
            own.Add((await GetAsync(server.Client, slow)).Status);
        Assert.Contains(429, own);
        using var grpc = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var call = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Grpc, "/inference.GRPCInferenceService/ServerMetadata"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(new byte[5]),
        };
        call.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        call.Headers.Authorization = new AuthenticationHeaderValue("Bearer", slow);
        using var answer = await grpc.SendAsync(call, TestContext.Current.CancellationToken);
        Assert.Equal("8", answer.Headers.GetValues("grpc-status").Single());
        // Counted by reason, for who may see it.
        string operate = (await EdgeServeProcess.RunAsync("tablet", "add", "--name", "operator", "--scope", "operate", "--data", data)).Output.Trim();
        string metrics = (await GetAsync(server.Client, operate, "/metrics")).Text;
        Assert.Matches("edgeserve_access_refused_total\\{[^}]*reason=\"key_unknown\"[^}]*\\} [1-9]", metrics);
    }

    private static Task<Requests.Answer> GetAsync(HttpClient client, string key, string path = "/v2/models") => client.SendAnswerAsync(path, [], null, r =>
    {
        r.Method = HttpMethod.Get;
        r.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
    });
}
