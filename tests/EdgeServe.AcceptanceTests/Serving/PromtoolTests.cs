using System.Diagnostics;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Serving;

/// <summary>Prometheus's own checker on <c>/metrics</c>.</summary>
public sealed class PromtoolTests
{
    private const int Lint = 3;
    private static readonly string Unpacked = Path.Combine(ModelFolder.RepositoryRoot, "artifacts", "tools", "promtool");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_metrics_page_has_nothing_to_find_fault_with()
    {
        var (code, output) = await CheckAsync(triton: false);
        Assert.True(code == 0 && output.Length == 0, $"{code}: {output}");
    }

    [Fact]
    public async Task Of_the_names_that_dashboards_know_only_the_style_is_found_fault_with()
    {
        var (code, output) = await CheckAsync(triton: true);
        Assert.Equal(Lint, code);
        Assert.All(output.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.StartsWith("nv_", line, StringComparison.Ordinal));
    }

    private static async Task<(int Code, string Output)> CheckAsync(bool triton)
    {
        string? tool = File.Exists(Unpacked) ? Unpacked : File.Exists("/usr/bin/promtool") ? "/usr/bin/promtool" : null;
        Assert.SkipWhen(tool is null, "promtool is not there; scripts/test unpacks it");
        using var models = new ModelFolder().AddShipped("breast-cancer");
        await using var server = await EdgeServeProcess.StartAsync(models.Path, new Dictionary<string, string?> { ["EDGESERVE__Metrics__TritonNames"] = triton ? "true" : "false" });
        Assert.Equal(200, (await server.Client.InferAsync("breast-cancer", Requests.BreastCancer)).Status);
        Assert.Equal(400, (await server.Client.InferAsync("breast-cancer", "{}")).Status);
        string page = await server.Client.GetStringAsync("/metrics", Stop);
        Assert.Contains("edgeserve_sync_state", page, StringComparison.Ordinal);
        using var process = Process.Start(new ProcessStartInfo(tool!, ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true })!;
        var said = Task.WhenAll(process.StandardError.ReadToEndAsync(Stop), process.StandardOutput.ReadToEndAsync(Stop));
        await process.StandardInput.WriteAsync(page);
        process.StandardInput.Close();
        await process.WaitForExitAsync(Stop);
        return (process.ExitCode, string.Concat(await said));
    }
}
