using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using EdgeServe.Hosting;
using EdgeServe.Http;

namespace EdgeServe.Cli.Bench;

/// <summary>The server under load: one that runs already, or a child started for the occasion.</summary>
internal sealed class BenchServer : IDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private static readonly LoadAccess Open = new(null, null);

    private readonly HttpClient _client;
    private readonly Process? _child;
    private readonly string? _data;

    private BenchServer(Uri http, Uri grpc, LoadAccess access, Process? child, string? data)
    {
        Access = access;
        _client = access.Client();
        _client.Timeout = TimeSpan.FromSeconds(10);
        Http = http;
        Grpc = grpc;
        _child = child;
        _data = data;
    }

    public Uri Http { get; }

    public Uri Grpc { get; }

    /// <summary>What it asks of its clients.</summary>
    public LoadAccess Access { get; }

    public static BenchServer Running(Uri http, Uri grpc, LoadAccess access) => new(http, grpc, access, null, null);

    /// <summary>Starts this very program on free ports with a data directory of its own.</summary>
    public static BenchServer Start(EdgeServeOptions options)
    {
        var http = new Uri($"http://127.0.0.1:{FreePort()}");
        var grpc = new Uri($"http://127.0.0.1:{FreePort()}");
        string data = Directory.CreateTempSubdirectory("edgeserve-bench-").FullName;
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "edgeserve.dll"));
        foreach (string argument in new[] { "serve", "--models", options.Repository.Path, "--data", data, "--urls", http.ToString(), "--grpc-urls", grpc.ToString() })
            start.ArgumentList.Add(argument);
        var child = Process.Start(start)!;
        child.OutputDataReceived += static (_, _) => { };
        child.ErrorDataReceived += static (_, _) => { };
        child.BeginOutputReadLine();
        child.BeginErrorReadLine();
        return new BenchServer(http, grpc, Open, child, data);
    }

    /// <exception cref="IOException">It does not become ready.</exception>
    public async Task WaitUntilReadyAsync(CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var response = await _client.GetAsync(new Uri(Http, "/v2/health/ready"), cancellation);
                if (response.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException) when (_child is not null)
            {
                // Not listening yet.
            }
            catch (HttpRequestException e)
            {
                throw new IOException($"{Http} does not answer: {e.Message}", e);
            }

            if (_child is { HasExited: true } || Stopwatch.GetElapsedTime(start) > StartPatience)
                throw new IOException($"the server at {Http} does not become ready; try `edgeserve serve` and read its log");
            await Task.Delay(PollInterval, cancellation);
        }
    }

    /// <exception cref="IOException">There is no such model.</exception>
    public async Task<ModelBody> MetadataAsync(string model, CancellationToken cancellation)
    {
        using var response = await _client.GetAsync(new Uri(Http, $"/v2/models/{Uri.EscapeDataString(model)}"), cancellation);
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancellation);
        return response.IsSuccessStatusCode
            ? JsonSerializer.Deserialize(body, WireJson.Default.ModelBody)!
            : throw new IOException($"{Http} has no metadata of '{model}': {System.Text.Encoding.UTF8.GetString(body)}");
    }

    /// <returns>Null when the server keeps no statistics.</returns>
    public async Task<InferenceStatsBody?> StatisticsAsync(string model, CancellationToken cancellation)
    {
        using var response = await _client.GetAsync(new Uri(Http, $"/v2/models/{Uri.EscapeDataString(model)}/stats"), cancellation);
        if (!response.IsSuccessStatusCode)
            return null;
        var stats = JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(cancellation), WireJson.Default.StatsBody);
        return stats?.ModelStats.LastOrDefault()?.InferenceStats;
    }

    public void Dispose()
    {
        _client.Dispose();
        if (_child is null)
            return;
        _child.Kill();
        _child.WaitForExit();
        _child.Dispose();
        Directory.Delete(_data!, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
