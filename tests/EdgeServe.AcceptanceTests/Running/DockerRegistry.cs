using System.Diagnostics;

namespace EdgeServe.AcceptanceTests.Running;

/// <summary>The real docker-registry on loopback, with storage that outlives its process.</summary>
internal sealed class DockerRegistry : IAsyncDisposable
{
    private const string Binary = "/usr/bin/docker-registry";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);
    private readonly string _folder = Directory.CreateTempSubdirectory("edgeserve-registry-").FullName;
    private Process _process = null!;

    /// <summary>Why there can be none here; null: there can.</summary>
    public static string? Unavailable { get; } = File.Exists(Binary) ? null : "docker-registry is not installed";

    public int Port { get; } = EdgeServeProcess.FreePort();

    public string Host => $"127.0.0.1:{Port}";

    public static async Task<DockerRegistry> StartAsync()
    {
        var registry = new DockerRegistry();
        await File.WriteAllTextAsync(Path.Combine(registry._folder, "config.yml"), $"""
            version: 0.1
            log:
              level: error
              accesslog:
                disabled: true
            storage:
              filesystem:
                rootdirectory: {registry._folder}/storage
            http:
              addr: {registry.Host}
            """);
        await registry.RestartAsync();
        return registry;
    }

    public async Task RestartAsync()
    {
        _process = Process.Start(new ProcessStartInfo(Binary, ["serve", Path.Combine(_folder, "config.yml")]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < Patience)
        {
            try
            {
                using var response = await client.GetAsync($"http://{Host}/v2/", TestContext.Current.CancellationToken);
                if (response.Headers.Contains("Docker-Distribution-Api-Version") && !_process.HasExited)
                    return;
                throw new InvalidOperationException($"somebody else answers at {Host}");
            }
            catch (HttpRequestException)
            {
                await Task.Delay(PollInterval, TestContext.Current.CancellationToken);
            }
        }

        throw new InvalidOperationException("the registry does not answer");
    }

    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
