using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Serving;

/// <summary>Nothing leaves the box: the inference library's own telemetry is off before it loads.</summary>
public sealed class TelemetryTests
{
    // The library also keeps quiet under CI, which would hide a mistake.
    private static readonly Dictionary<string, string?> WithoutCi = new() { ["CI"] = null, ["ORT_DISABLE_TELEMETRY"] = null };

    [Fact]
    public async Task The_native_environment_says_off_without_CI()
    {
        var (_, output, _) = await EdgeServeProcess.RunAsync(WithoutCi, "doctor", "--models", ModelFolder.Shipped, "--json");
        Assert.Matches("\"check\": \"Telemetry of the library\",\\s+\"state\": \"ok\",\\s+\"detail\": \"off\"", output);
    }

    [Fact]
    public async Task No_socket_leaves_loopback_while_it_loads_and_serves()
    {
        string trace = Path.GetTempFileName();
        using var models = new ModelFolder().AddShipped("breast-cancer");
        int http = EdgeServeProcess.FreePort();
        string data = Directory.CreateTempSubdirectory().FullName;
        var start = new System.Diagnostics.ProcessStartInfo("strace",
        [
            "-f", "-qq", "-e", "trace=connect,sendto,sendmsg", "-o", trace, EdgeServeProcess.Binary, "serve", "--models", models.Path, "--data", data,
            "--urls", $"http://127.0.0.1:{http}", "--grpc-urls", $"http://127.0.0.1:{EdgeServeProcess.FreePort()}",
        ])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("CI");
        start.Environment.Remove("ORT_DISABLE_TELEMETRY");
        using var process = System.Diagnostics.Process.Start(start)!;
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}") };
            await ReadyAsync(client);
            Assert.Equal(200, (await client.InferAsync("breast-cancer", Requests.BreastCancer)).Status);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(Requests.Stop);
        }

        string[] outward = [.. File.ReadLines(trace).Where(l => l.Contains("sa_family=AF_INET", StringComparison.Ordinal) && !l.Contains("127.0.0.1", StringComparison.Ordinal) && !l.Contains("\"::1\"", StringComparison.Ordinal))];
        Assert.Empty(outward);
        File.Delete(trace);
        Directory.Delete(data, recursive: true);
    }

    private static async Task ReadyAsync(HttpClient client)
    {
        for (int i = 0; ; i++)
        {
            try
            {
                if ((await client.GetAsync("/v2/health/ready", Requests.Stop)).IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException) when (i < 600)
            {
                // Not listening yet; under strace everything takes longer.
            }

            await Task.Delay(100, Requests.Stop);
        }
    }
}
